// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over an array, for every op: it sees matrices, cells (the elements that share a scale) and an element function,
// chooses how they are walked, and launches.
//
// An Element is a small functor, trivially copyable:
//   compute                            the type it computes in
//   cell_data(o, i)                    what is read of a cell
//   constants(cell data)               what is computed of that, for one element
//   constants_of<V, I>                 the same for values V and codes I that are packs or arrays
//   is_simple(constants)               may packs be computed with them?
//   apply(constants, out&..., in...)   an element or a pack, of simple constants
//   apply_any(constants, out&, in...)  an element, of any constants
//   transpose(), move(o, i)            turn and move its cells
//   outcome                            what its results may be (Outcome)
// and for packs it may have
//   pack_constants(cell data)          in place of constants()
//   looks_inside                       blocks are asked, by inside_bits_of(cell data), whether nothing of them is clamped or NaN;
//   apply_inside(constants, out&, in)  and this is their form then
//   rounded_bits(constants, in)        codes of a byte or less, without a division, before they are shifted and clamped
// and for devices the same bits without a branch an element:
//   quick_constants(cell data)         with a member quick: may they be used?
//   is_quick(constants, in...)         may they be used for this element?
//   apply_quick(constants, out&, in...)
// of which those with one floating-point input may have, for a pack whose largest |x| is known (NaN if one is):
//   is_quick_up_to(largest)            may they be used for all of it?
//   reach(constants)                   and (codes of a byte or less) up to which largest |x| two are computed in a word
//   quick_pair(constants of low, of high, low, high)   these two: a half of a word each, or (16 bits) a byte
// and, where each lane of a pack has its own constants:
//   quick_constants_of_lane(cell data)   fewer of them
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>

#include "KokkosQuant_KokkosCompat.hpp"
#include "KokkosQuant_SweepPlan.hpp"
#include "backend/KokkosQuant_DeviceLaunch.hpp"
#include "backend/KokkosQuant_HostLaunch.hpp"

namespace KokkosQuant::Impl {

// Tiled: cells may end inside a line.
template <class Exec, class Element, class Out, class In, bool Tiled>
class RowSweep {
  static_assert(std::is_trivially_copyable_v<Element>);
  using Launch = std::conditional_t<host_space<Exec> && !device_walk_on_host, HostLaunch<Exec, Element, Out, In, Tiled>,
                                    DeviceLaunch<Exec, Element, Out, In, Tiled>>;

 public:
  template <class OutMatrices, class InMatrices>
  RowSweep(const Element& element, std::int64_t rows, std::int64_t columns, const Cells& cells, const OutMatrices& out,
           const InMatrices& in, Mapping hint)
      : plan_(turned_plan(element, rows, columns, cells, out, in, hint)) {
    merge_lines();
    plan_.contiguous = all_of(plan_.walk, [](const auto& lines) { return lines.inner == 1; });
    const Cells& c = plan_.cells;
    if (Tiled) plan_.lanes_differ = c.inner < plan_.walk.n_inner && !Launch::fits_pieces(plan_);
    if (!plan_.by_element) plan_.by_element = !Launch::fits_packs(plan_);
  }

  Mapping mapping() const {
    return plan_.by_element ? Mapping::elements : plan_.lanes_differ ? Mapping::packs_of_tokens : Mapping::packs;
  }
  int pack_width() const { return plan_.by_element ? 1 : Launch::pack_width; }

  const SweepPlan<Element, Out, In>& plan() const { return plan_; }

  // Asynchronous on exec; neither allocates nor fences.
  void launch(const Exec& exec, const std::string& label) const {
    if (plan_.walk.n_outer > 0 && plan_.walk.n_inner > 0) Launch::launch(exec, label, plan_);
  }

 private:
  template <class OutMatrices, class InMatrices>
  static SweepPlan<Element, Out, In> turned_plan(Element element, std::int64_t rows, std::int64_t columns, Cells cells,
                                                 const OutMatrices& out, const InMatrices& in, Mapping hint) {
    const bool turn = rows_inside(rows, columns, out, in, hint);
    if (turn) {
      element.transpose();
      cells = {cells.differ_inside, cells.differ_outside, cells.inner, cells.outer};
    }
    return {element, turned(turn, rows, columns, out, in), cells,
            false,   cells.differ_inside && !Tiled,        hint == Mapping::elements};
  }
  // One scale for all and no gaps: the array is one line.
  void merge_lines() {
    auto& walk = plan_.walk;
    if (plan_.cells.differ_outside || plan_.cells.differ_inside || walk.n_outer < 2) return;
    const bool merges = all_of(walk, [&](const auto& lines) {
      return lines.inner == 1 && walk.n_inner % lines.per == 0 && lines.outer == walk.n_inner / lines.per;
    });
    if (!merges) return;
    walk.n_inner *= walk.n_outer;
    walk.n_outer = 1;
  }

  SweepPlan<Element, Out, In> plan_;
};

}  // namespace KokkosQuant::Impl
