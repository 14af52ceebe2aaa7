// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on a device, of cells that lie across lines: a team has a tile of them.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceCells.hpp"

namespace KokkosQuant::Impl {

// Cells across lines, of one position each.
template <class Exec, class Finder, class Element, class Out, class T, int W, int U>
struct DeviceCellsAcross : DeviceCells<Exec, Element, Out, T, W> {
  using Base = DeviceCells<Exec, Element, Out, T, W>;
  using typename Base::C;
  using typename Base::PackOf;
  using typename Base::Position;
  using typename Base::Quick;
  using typename Base::Range;
  using typename Base::Rectangle;
  using Member = team_member<Exec>;
  using Scratch = Kokkos::View<Range*, typename Exec::scratch_memory_space, Kokkos::MemoryUnmanaged>;

  Finder finder;
  std::int64_t units;    // tiles of cells (or parts)
  std::int64_t tiles;    // of positions
  std::int32_t columns;  // of threads, each with W positions
  Range* to;

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const Scratch of_team(team.team_scratch(0), team.team_size() * W);  // (once: each such View takes more of it)
    for (std::int64_t index = team.league_rank(); index < units; index += team.league_size()) {
      tile_of_cells(team, of_team, index);
      team.team_barrier();
    }
  }

 private:
  KOKKOS_INLINE_FUNCTION void tile_of_cells(const Member& team, const Scratch& of_team, std::int64_t index) const {
    const CellWalk& c = this->cells;
    const std::int64_t parts = to != nullptr ? c.parts() : 1;
    const std::int64_t tile = index % tiles, po = index / tiles % parts, co = index / tiles / parts;
    const int column = team.team_rank() % columns, row = team.team_rank() / columns, rows = team.team_size() / columns;
    Rectangle r = c.part(co, tile * columns * W, po, 0);
    r.n = c.n_inner - r.i0 < columns * W ? c.n_inner - r.i0 : columns * W;
    const bool used = column * W < r.n;

    Range range[W];
    for (int lane = 0; lane < W; ++lane) range[lane] = {0, 0};
    if (used)
      each_line(r, row, rows, column, [&](const PackOf& pack, const Position&) {
        KOKKOSQUANT_UNROLL
        for (int lane = 0; lane < W; ++lane) range[lane].template include<true>(pack.in.head.template get<C>(lane));
      });
    const int mine = team.team_rank() * W, first = column * W, stride = columns * W;
    for (int lane = 0; lane < W; ++lane) of_team(mine + lane) = range[lane];
    team.team_barrier();
    for (int half = first_half(rows); half > 0; half /= 2) {
      if (row < half && row + half < rows)
        for (int lane = 0; lane < W; ++lane) of_team(mine + lane).include(of_team(mine + half * stride + lane));
      team.team_barrier();
    }
    if (!used) return;
    for (int lane = 0; lane < W; ++lane) range[lane] = of_team(first + lane);
    if (to != nullptr) {
      if (row == 0)
        for (int lane = 0; lane < W; ++lane)
          if (first + lane < r.n) to[(co * c.cells_inner + r.i0 + first + lane) * parts + po] = range[lane];
      return;
    }
    typename Element::CellData data[W];
    Quick quick[W];
    bool all_quick = true;
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) {
      const auto found = finder.find(range[lane]);
      if (row == 0 && first + lane < r.n) finder.store(co, r.i0 + first + lane, found);
      data[lane] = {found.scale, found.zero_point};
      quick[lane] = this->element.quick_constants(data[lane]);
      all_quick = all_quick && quick[lane].quick;
    }
    each_line(r, row, rows, column, [&](PackOf& pack, const Position& at) {
      if (!this->finish(pack, at, OneEach<Quick>{quick}, all_quick))
        this->finish_any(at, [&](int lane) { return this->element.constants(data[lane]); });
    });
  }

  // f(pack, position) for the lines of a thread, the packs of U of them in flight at once.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION void each_line(const Rectangle& r, int row, int rows, int column, const F& f) const {
    for (std::int64_t o = r.o0 + row; o < r.o1; o += U * rows) {
      PackOf pack[U];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u)
        if (o + u * rows < r.o1) this->load(pack[u], position(r, o + u * rows, column));
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u)
        if (o + u * rows < r.o1) f(pack[u], position(r, o + u * rows, column));
    }
  }
  // (tiles start where packs do)
  KOKKOS_FORCEINLINE_FUNCTION Position position(const Rectangle& r, std::int64_t o, int column) const {
    const std::int64_t i = r.i0 + column * W, behind = r.i0 + r.n - i;
    const typename Base::Part part{0, behind < W ? static_cast<int>(behind) : W, this->vectors};
    return {o, i, part, this->straight && part.last == W};
  }
  static KOKKOS_FORCEINLINE_FUNCTION int first_half(int rows) {
    int half = 1;
    while (2 * half < rows) half *= 2;
    return rows > 1 ? half : 0;
  }
};

}  // namespace KokkosQuant::Impl
