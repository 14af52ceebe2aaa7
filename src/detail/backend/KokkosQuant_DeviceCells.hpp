// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on a device: the threads that reduce a cell keep what they read of it in registers, and quantize it.
// Cells that lie along lines have some lanes of a warp or a team each; of those across lines a team has a tile.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_CellWalk.hpp"
#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_DeviceSweep.hpp"

namespace KokkosQuant::Impl {

template <class Exec>
using team_member = typename Kokkos::TeamPolicy<Exec>::member_type;  // whatever the policy's launch bounds

// Joins ranges, for Kokkos' reductions.
template <class C>
struct RangeReducer {
  using reducer = RangeReducer;
  using value_type = FiniteRange<C>;
  using result_view_type = Kokkos::View<value_type, Kokkos::AnonymousSpace, Kokkos::MemoryUnmanaged>;
  value_type& result;

  KOKKOS_FORCEINLINE_FUNCTION void init(value_type& range) const { range = {0, 0}; }
  KOKKOS_FORCEINLINE_FUNCTION void join(value_type& range, const value_type& other) const { range.include(other); }
  KOKKOS_FORCEINLINE_FUNCTION value_type& reference() const { return result; }
  KOKKOS_FORCEINLINE_FUNCTION result_view_type view() const { return result_view_type(&result); }
  KOKKOS_FORCEINLINE_FUNCTION bool references_scalar() const { return true; }
};

// What is known of a cell's packs before a thread takes them.
template <class Exec, class Element, class Out, class T, int W>
struct DeviceCells {
  using C = typename Element::compute;
  using PackOf = DevicePack<Element, Out, Inputs<T>, W>;
  using Part = typename PackOf::Part;
  using Range = FiniteRange<C>;
  using Rectangle = CellWalk::Rectangle;
  using Quick = decltype(std::declval<const Element&>().quick_constants(std::declval<const typename Element::CellData&>()));

  Element element;
  Operands<Out, Inputs<T>> walk;
  CellWalk cells;
  std::uint32_t start_skew, line_skew;  // of the first output, as in DeviceSweep
  std::uint32_t vectors;                // operands that vector accesses can move
  bool straight;                        // all of them

  struct Position {
    std::int64_t o, i;
    Part part;
    bool whole;
  };
  // Pack k of line o of a rectangle, counted from where packs of the first output are aligned.
  KOKKOS_FORCEINLINE_FUNCTION Position position(const Rectangle& r, std::int64_t o, std::uint32_t k) const {
    const std::uint32_t skew =
        (start_skew + static_cast<std::uint32_t>(o % W) * line_skew + static_cast<std::uint32_t>(r.i0 % W)) % W;
    const std::int64_t i = r.i0 + static_cast<std::int64_t>(k) * W - skew, before = r.i0 - i, behind = r.i0 + r.n - i;
    const Part part{before > 0 ? static_cast<int>(before) : 0, behind < W ? static_cast<int>(behind) : W, vectors};
    return {o, i, part, straight && part.first == 0 && part.last == W};
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(PackOf& pack, const Position& at) const {
    if (at.whole)
      pack.load(walk, at.o, at.i);
    else
      pack.load_part(walk, at.o, at.i, at.part);
  }
  template <bool Finite>
  KOKKOS_FORCEINLINE_FUNCTION void include(Range& range, const PackOf& pack) const {
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) range.template include<Finite>(pack.in.head.template get<C>(lane));
  }
  // What was loaded is computed and stored; false where constants or elements are not quick: then finish_any does it. That one loads
  // anew, as a loop over lanes of a pack in registers would put all of them into local memory.
  template <class QuickOf>
  KOKKOS_FORCEINLINE_FUNCTION bool finish(PackOf& pack, const Position& at, const QuickOf& quick_of, bool quick) const {
    if (!pack.compute(element, quick_of, quick)) return false;
    if (at.whole)
      pack.store(walk, at.o, at.i);
    else
      pack.store_part(walk, at.o, at.i, at.part);
    return true;
  }
  template <class AnyOf>
  KOKKOS_INLINE_FUNCTION void finish_any(const Position& at, const AnyOf& any_constants) const {
    PackOf pack;
    pack.load_part(walk, at.o, at.i, at.part);
    pack.compute_any(element, at.part, any_constants);
    pack.store_part(walk, at.o, at.i, at.part);
  }

  // The range of all of a group's threads, given to all of them.
  template <class Threads>
  static KOKKOS_FORCEINLINE_FUNCTION Range range_of(const Threads& threads, const Range& mine) {
    Range all{0, 0};
    Kokkos::parallel_reduce(
        threads, [&](int, Range& range) { range.include(mine); }, RangeReducer<C>{all});
    return all;
  }
};

// Cells along lines. Whole: they are of aligned packs, all of the same size.
template <class Exec, class Finder, class Element, class Out, class T, int W, int U, bool Whole>
struct DeviceCellsAlong : DeviceCells<Exec, Element, Out, T, W> {
  using Base = DeviceCells<Exec, Element, Out, T, W>;
  using typename Base::PackOf;
  using typename Base::Position;
  using typename Base::Quick;
  using typename Base::Range;
  using typename Base::Rectangle;
  using Member = team_member<Exec>;

  Finder finder;
  std::int64_t units;  // cells (or parts)
  Divider packs;       // of a line of a cell (or part), at most
  std::int32_t lanes;  // of a cell
  bool by_team;        // lanes are all threads of a team, else those of a vector
  Range* to;           // (parts) where their ranges go

  KOKKOS_FORCEINLINE_FUNCTION Position at(const Rectangle& r, std::uint32_t p) const {
    const std::uint32_t line = packs.divisor > p ? 0 : packs.quotient(p), k = p - line * packs.divisor;
    if constexpr (Whole)
      return {r.o0 + line, r.i0 + k * W, {0, W, Base::PackOf::all_vectors}, true};
    else
      return this->position(r, r.o0 + line, k);
  }
  // A thread's packs: U at once are in flight, a lane's stride apart.
  struct Packs {
    Rectangle r;
    std::uint32_t step, end;
  };
  KOKKOS_FORCEINLINE_FUNCTION Packs packs_of(const Rectangle& r) const {
    return {r, static_cast<std::uint32_t>(lanes), r.o1 > r.o0 ? static_cast<std::uint32_t>(r.o1 - r.o0) * packs.divisor : 0};
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(PackOf (&pack)[U], const Packs& all, std::uint32_t first) const {
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      const std::uint32_t p = first + static_cast<std::uint32_t>(u) * all.step;
      if (p < all.end) Base::load(pack[u], at(all.r, p));
    }
  }
  template <bool Finite>
  KOKKOS_FORCEINLINE_FUNCTION void include(Range& range, const PackOf (&pack)[U], const Packs& all, std::uint32_t first) const {
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u)
      if (first + static_cast<std::uint32_t>(u) * all.step < all.end) Base::template include<Finite>(range, pack[u]);
  }
  // The range of a thread's packs, from the last to the first; those of the first round are left in `pack`.
  template <class Threads>
  KOKKOS_FORCEINLINE_FUNCTION Range range_of_cell(const Threads& threads, PackOf (&pack)[U], const Packs& all,
                                                  std::uint32_t lane) const {
    Range range = Base::range_of(threads, range_of_packs<false>(pack, all, lane));
    if (!range.is_finite()) range = Base::range_of(threads, range_of_packs<true>(pack, all, lane));
    return range;
  }
  template <bool Finite>
  KOKKOS_FORCEINLINE_FUNCTION Range range_of_packs(PackOf (&pack)[U], const Packs& all, std::uint32_t lane) const {
    Range range{0, 0};
    const std::uint32_t round = U * all.step;
    std::uint32_t first = lane;
    while (first + round < all.end) first += round;
    for (;; first -= round) {
      load(pack, all, first);
      include<Finite>(range, pack, all, first);
      if (first == lane) return range;
    }
  }
  // Returned are packs that are not quick, a bit each.
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t finish(PackOf (&pack)[U], const Packs& all, std::uint32_t first,
                                                   const Quick& quick) const {
    std::uint32_t left = 0;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      const std::uint32_t p = first + static_cast<std::uint32_t>(u) * all.step;
      if (p >= all.end) continue;
      const Position where = at(all.r, p);
      if (!Whole && where.part.last <= where.part.first) continue;
      if (!Base::finish(pack[u], where, OneForAll<Quick>{quick}, quick.quick)) left |= 1u << u;
    }
    return left;
  }

  template <class Threads>
  KOKKOS_FORCEINLINE_FUNCTION void part(const Threads& threads, std::int64_t index, std::uint32_t lane) const {
    const CellWalk& c = this->cells;
    const std::int64_t cell = index / c.parts(), p = index % c.parts();
    PackOf pack[U];
    const Packs all = packs_of(c.part(cell / c.cells_inner, cell % c.cells_inner, p / c.parts_inner, p % c.parts_inner));
    const Range range = range_of_cell(threads, pack, all, lane);
    if (lane == 0) to[index] = range;
  }
  template <class Threads>
  KOKKOS_FORCEINLINE_FUNCTION void cell(const Threads& threads, std::int64_t index, std::uint32_t lane) const {
    const CellWalk& c = this->cells;
    const std::int64_t co = c.cells_inner == 1 ? index : index / c.cells_inner, ci = index - co * c.cells_inner;
    const Packs all = packs_of(c.part(co, ci, 0, 0));
    PackOf pack[U];
    const auto found = finder.find(range_of_cell(threads, pack, all, lane));
    if (lane == 0) finder.store(co, ci, found);

    const typename Element::CellData data{found.scale, found.zero_point};
    const Quick quick = this->element.quick_constants(data);
    for (std::uint32_t first = lane; first < all.end; first += U * all.step) {
      if (first != lane) load(pack, all, first);
      for (std::uint32_t left = finish(pack, all, first, quick), p = first; left != 0; left >>= 1, p += all.step)
        if ((left & 1u) != 0) Base::finish_any(at(all.r, p), [&](int) { return this->element.constants(data); });
    }
  }
  template <class Threads>
  KOKKOS_FORCEINLINE_FUNCTION void either(const Threads& threads, std::int64_t index, std::uint32_t lane) const {
    if (to != nullptr)
      part(threads, index, lane);
    else
      cell(threads, index, lane);
  }
  // (Code outside the loops over lanes is run by every lane: on devices lanes are threads.)
  KOKKOS_FUNCTION void operator()(const Member& team) const {
    std::uint32_t lane = 0;
    const auto set_lane = [&](int l) { lane = static_cast<std::uint32_t>(l); };
    if (by_team) {
      const auto threads = Kokkos::TeamVectorRange(team, lanes);
      Kokkos::parallel_for(threads, set_lane);
      for (std::int64_t index = team.league_rank(); index < units; index += team.league_size()) {
        either(threads, index, lane);
        team.team_barrier();
      }
    } else {
      const auto threads = Kokkos::ThreadVectorRange(team, lanes);
      Kokkos::parallel_for(threads, set_lane);
      const std::int64_t step = static_cast<std::int64_t>(team.league_size()) * team.team_size();
      for (std::int64_t index = static_cast<std::int64_t>(team.league_rank()) * team.team_size() + team.team_rank();
           index < units; index += step)
        either(threads, index, lane);
    }
  }
};

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
    for (std::int64_t index = team.league_rank(); index < units; index += team.league_size()) {
      tile_of_cells(team, index);
      team.team_barrier();
    }
  }

 private:
  KOKKOS_INLINE_FUNCTION void tile_of_cells(const Member& team, std::int64_t index) const {
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
    Scratch of_team(team.team_scratch(0), team.team_size() * W);
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

// The ranges of a cell's parts to its scale: a team a cell.
template <class Exec, class Finder>
struct DeviceFindScales {
  using C = typename Finder::compute;
  Finder finder;
  CellWalk cells;
  const FiniteRange<C>* from;

  KOKKOS_FUNCTION void operator()(const team_member<Exec>& team) const {
    for (std::int64_t cell = team.league_rank(); cell < cells.cells(); cell += team.league_size()) find(team, cell);
  }

 private:
  KOKKOS_INLINE_FUNCTION void find(const team_member<Exec>& team, std::int64_t cell) const {
    const FiniteRange<C>* of_cell = from + cell * cells.parts();
    FiniteRange<C> all{0, 0};
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, cells.parts()), [&](std::int64_t p, FiniteRange<C>& range) { range.include(of_cell[p]); },
        RangeReducer<C>{all});
    Kokkos::single(Kokkos::PerTeam(team),
                   [&] { finder.store(cell / cells.cells_inner, cell % cells.cells_inner, finder.find(all)); });
  }
};

}  // namespace KokkosQuant::Impl
