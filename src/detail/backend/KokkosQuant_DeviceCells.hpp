// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on a device: packs of cells across lines, and the scales of cells in parts.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_CellWalk.hpp"
#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_DeviceGroup.hpp"
#include "KokkosQuant_DeviceSweep.hpp"

namespace KokkosQuant::Impl {

// Packs of cells across lines: as they are loaded, and computed with scales that were found.
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
  std::uint32_t vectors;  // operands that vector accesses can move
  bool straight;          // all of them

  struct Position {
    std::int64_t o, i;
    Part part;
    bool whole;
  };
  KOKKOS_FORCEINLINE_FUNCTION void load(PackOf& pack, const Position& at) const {
    if (at.whole)
      pack.load(walk, at.o, at.i);
    else
      pack.load_part(walk, at.o, at.i, at.part);
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
    PackOf pack{};
    pack.load_part(walk, at.o, at.i, at.part);
    pack.compute_any(element, at.part, any_constants);
    pack.store_part(walk, at.o, at.i, at.part);
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
        RangeReducer<FiniteRange<C>>{all});
    Kokkos::single(Kokkos::PerTeam(team),
                   [&] { finder.store(cell / cells.cells_inner, cell % cells.cells_inner, finder.find(all)); });
  }
};

}  // namespace KokkosQuant::Impl
