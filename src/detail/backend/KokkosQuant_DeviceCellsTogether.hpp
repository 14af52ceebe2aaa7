// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on a device, of cells that follow each other in memory without gaps: a team has several of them, or a long one.
// Its threads read whole lines of the caches, wherever a cell ends, and hold what they have loaded; one thread for each cell finds the
// scale.
#pragma once

#include <Kokkos_Core.hpp>
#include <bit>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_DeviceGroup.hpp"
#include "KokkosQuant_DevicePack.hpp"
#include "KokkosQuant_DeviceWalk.hpp"

namespace KokkosQuant::Impl {

// A thread has U packs of W, a warp U rows of 32 packs each.
template <class Exec, class Finder, class Element, class Out, class T, int W, int U>
struct DeviceCellsTogether {
  using C = typename Element::compute;
  using PackOf = DevicePack<Element, Out, Inputs<T>, W>;
  using Walk = typename PackOf::Walk;
  using Loaded = LoadedRange<T, Finder::by_magnitude>;
  using Joined = decltype(std::declval<const Loaded&>().joined());
  using Range = FiniteRange<C>;
  using Found = decltype(std::declval<const Finder&>().find(Range{}));
  using CellData = typename Element::CellData;
  using Quick = std::remove_const_t<decltype(std::declval<const Element&>().quick_constants(std::declval<const CellData&>()))>;
  static constexpr int warp = 32, log2_of_U = std::bit_width(static_cast<unsigned>(U)) - 1;

  Element element;
  Walk walk;  // of this launch
  Finder finder;
  std::uint32_t cells, cells_a_team;
  Divider cells_inner;  // of a line
  Divider packs;        // of a cell: 2, 4, 8, 16 or a multiple of 32
  int lanes_log2;       // lanes that share a cell

  // What a team knows of a cell. Largest: of its magnitudes; NaN where an element is not finite.
  struct alignas(16) Cell {
    Quick quick;
    C largest;
    Found found;
  };
  struct Scratch {
    Cell* cells;
    Range* exact;    // (where an element is not finite) of the cells' rows
    Joined* ranges;  // of rows, or of the cells of a row where they are shorter
    int* has_any;
  };
  static KOKKOS_FORCEINLINE_FUNCTION int ranges_of(int threads, int lanes_log2) { return threads * U >> lanes_log2; }
  static int scratch_bytes(int threads, int lanes_log2, std::int64_t cells_a_team) {
    return static_cast<int>(cells_a_team * std::int64_t{sizeof(Cell)} +
                            ranges_of(threads, lanes_log2) * std::int64_t{sizeof(Range) + sizeof(Joined)} + 32);
  }

  KOKKOS_FUNCTION void operator()(const team_member<Exec>& team) const {
    const int thread = team.team_rank(), lane = thread % warp, first_row = thread / warp * U;
    const std::uint32_t first_cell = static_cast<std::uint32_t>(team.league_rank()) * cells_a_team;
    const std::uint32_t here = cells - first_cell < cells_a_team ? cells - first_cell : cells_a_team;
    const auto end = static_cast<int>(here * packs.divisor), first = first_row * warp + lane;  // packs
    Walk at = walk;
    at.move(0, static_cast<std::int64_t>(first_cell) * packs.divisor * W);

    PackOf pack[U];
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      if (first + u * warp < end)
        pack[u].load(at, std::uint32_t(0), (first + u * warp) * W);
      else
        pack[u].in = {};
    }
    const Scratch scratch = scratch_of(team);
    Joined of[U];
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      Loaded range;
      range.include_chunk(pack[u].in.head);
      of[u] = range.joined();
    }
    put_ranges(of, scratch, lane, first_row);
    if (thread == 0) *scratch.has_any = 0;
    team.team_barrier();
    for (int c = thread; c < static_cast<int>(here); c += team.team_size()) {
      Joined all;
      const int n = ranges_a_cell();
      for (int i = 0; i < n; ++i) all.include(scratch.ranges[c * n + i]);
      const Range range = all.range();
      if (range.is_finite())
        find(scratch, first_cell, c, range);
      else
        scratch.cells[c].largest = nan_of<C>, *scratch.has_any = 1;
    }
    team.team_barrier();
    if (*scratch.has_any != 0) find_any(team, scratch, at, first_cell, here, end);

    std::uint32_t left = 0;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u) {
      const int p = first + u * warp;
      if (p >= end) continue;
      const Cell& cell = scratch.cells[packs.quotient(static_cast<std::uint32_t>(p))];
      if (compute(pack[u], cell.quick, cell.largest))
        pack[u].store(at, std::uint32_t(0), p * W);
      else
        left |= 1u << u;
    }
    KOKKOSQUANT_NO_UNROLL
    for (int p = first; left != 0; left >>= 1, p += warp)
      if ((left & 1u) != 0) finish_any(at, p, scratch.cells[packs.quotient(static_cast<std::uint32_t>(p))].found);
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION Scratch scratch_of(const team_member<Exec>& team) const {
    const int ranges = ranges_of(team.team_size(), lanes_log2), cell_bytes = static_cast<int>(cells_a_team * sizeof(Cell));
    char* memory = static_cast<char*>(team.team_scratch(0).get_shmem_aligned(1, 16));
    keep_scratch(memory);
    char* const exact = memory + cell_bytes;
    char* const joined = exact + ranges * static_cast<int>(sizeof(Range));
    return {reinterpret_cast<Cell*>(memory), reinterpret_cast<Range*>(exact), reinterpret_cast<Joined*>(joined),
            reinterpret_cast<int*>(joined + ranges * static_cast<int>(sizeof(Joined)))};
  }
  // Do all rows of a warp belong to one cell?
  KOKKOS_FORCEINLINE_FUNCTION bool is_long() const { return packs.divisor % (warp * U) == 0; }
  KOKKOS_FORCEINLINE_FUNCTION int ranges_a_cell() const {
    return static_cast<int>(is_long() ? packs.divisor / (warp * U) : packs.divisor >> lanes_log2);
  }

  // The ranges of the lanes' N rows each: half of the rows are left to a lane by every step, until some are; then one for all lanes.
  template <int N, int Left>
  static KOKKOS_FORCEINLINE_FUNCTION void join(Joined (&of)[U], int lane, int distance) {
    if constexpr (N > Left) {
      const bool is_upper = (lane & distance) != 0;
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < N / 2; ++u) {
        const Joined other = either(is_upper, of[u], of[u + N / 2]);
        of[u] = either(is_upper, of[u + N / 2], of[u]);
        of[u].include(from_lane(other, distance));
      }
      join<N / 2, Left>(of, lane, distance / 2);
    } else if constexpr (N == 1) {
      for (; distance > 0; distance /= 2) of[0].include(from_lane(of[0], distance));
    }
  }
  template <int Left>
  KOKKOS_FORCEINLINE_FUNCTION void put_rows(Joined (&of)[U], const Scratch& scratch, int lane, int first_row) const {
    const int lanes = 1 << lanes_log2, each_log2 = Left > 1 ? 0 : lanes_log2 - log2_of_U;  // lanes of a row
    join<U, Left>(of, lane, lanes / 2);
    const int row = first_row + ((lane & (lanes - 1)) >> each_log2) * Left;
    if ((lane & ((1 << each_log2) - 1)) != 0) return;
    KOKKOSQUANT_UNROLL
    for (int r = 0; r < Left; ++r) scratch.ranges[((row + r) * warp + lane) >> lanes_log2] = of[r];
  }
  KOKKOS_FORCEINLINE_FUNCTION void put_ranges(Joined (&of)[U], const Scratch& scratch, int lane, int first_row) const {
    static_assert(U == 8);
    if (is_long()) {
      KOKKOSQUANT_UNROLL
      for (int u = 1; u < U; ++u) of[0].include(of[u]);
      join<1, 1>(of, lane, warp / 2);
      if (lane == 0) scratch.ranges[first_row / U] = of[0];
    } else if (lanes_log2 >= log2_of_U) {
      put_rows<1>(of, scratch, lane, first_row);
    } else if (lanes_log2 == 2) {
      put_rows<2>(of, scratch, lane, first_row);
    } else {
      put_rows<4>(of, scratch, lane, first_row);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION Found store(std::uint32_t cell, const Range& range) const {
    const std::uint32_t co = cells_inner.quotient(cell);
    const Found found = finder.find(range);
    finder.store(co, cell - co * cells_inner.divisor, found);
    return found;
  }
  KOKKOS_FORCEINLINE_FUNCTION void find(const Scratch& scratch, std::uint32_t first_cell, int c, const Range& range) const {
    const Found found = store(first_cell + static_cast<std::uint32_t>(c), range);
    scratch.cells[c] = {quick_constants_of(element, found, range), range.magnitude(), found};
  }
  KOKKOS_FORCEINLINE_FUNCTION bool compute(PackOf& pack, const Quick& k, C largest) const {
    using All = OneForAll<Quick>;
    if constexpr (PackOf::template in_pairs<All>)
      return pack.compute_near(element, All{k}, largest);
    else if constexpr (PackOf::by_magnitude)
      return pack.compute_up_to(element, All{k}, k.quick, largest);
    else
      return pack.compute(element, All{k}, k.quick);
  }

  // Cells with elements that are not finite, which take no part in the range: loaded once more.
  KOKKOS_INLINE_FUNCTION void find_any(const team_member<Exec>& team, const Scratch& scratch, const Walk& at,
                                       std::uint32_t first_cell, std::uint32_t here, int end) const {
    const int thread = team.team_rank(), lane = thread % warp;
    KOKKOSQUANT_NO_UNROLL
    for (int u = 0; u < U; ++u) {
      const int row = thread / warp * U + u, p = row * warp + lane;
      Range mine{0, 0};
      if (p < end) {
        const C largest = scratch.cells[packs.quotient(static_cast<std::uint32_t>(p))].largest;
        if (largest != largest) {
          PackOf pack{};
          pack.load(at, std::uint32_t(0), p * W);
          KOKKOSQUANT_UNROLL
          for (int w = 0; w < W; ++w) mine.template include<true>(pack.in.head.template get<C>(w));
        }
      }
      for (int distance = (1 << lanes_log2) / 2; distance > 0; distance /= 2) mine.include(from_lane(mine, distance));
      if ((lane & ((1 << lanes_log2) - 1)) == 0) scratch.exact[(row * warp + lane) >> lanes_log2] = mine;
    }
    team.team_barrier();
    for (int c = thread; c < static_cast<int>(here); c += team.team_size()) {
      const C largest = scratch.cells[c].largest;
      if (largest == largest) continue;
      const auto n = static_cast<int>(packs.divisor >> lanes_log2);
      Range all{0, 0};
      for (int i = 0; i < n; ++i) all.include(scratch.exact[c * n + i]);
      const Found found = store(first_cell + static_cast<std::uint32_t>(c), all);
      scratch.cells[c] = {element.quick_constants(CellData{found.scale, found.zero_point}), largest, found};
    }
    team.team_barrier();
  }
  KOKKOS_INLINE_FUNCTION void finish_any(const Walk& at, int p, const Found& found) const {
    PackOf pack{};
    pack.load(at, std::uint32_t(0), p * W);
    const CellData data{found.scale, found.zero_point};
    const auto k = element.quick_constants(data);
    if (!pack.compute(element, OneForAll<Quick>{k}, k.quick)) {
      const auto any = element.constants(data);
      pack.compute_any(element, {0, W, 0}, [&](int) { return any; });
    }
    pack.store(at, std::uint32_t(0), p * W);
  }
};

}  // namespace KokkosQuant::Impl
