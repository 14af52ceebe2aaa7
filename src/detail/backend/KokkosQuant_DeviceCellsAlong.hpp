// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on a device, of cells that lie along lines: some lanes of a warp have one, or a team.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceCells.hpp"

namespace KokkosQuant::Impl {

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

}  // namespace KokkosQuant::Impl
