// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The error of an element that was quantized, and what is known of some of them: counts, the largest, the sum of the squares.
#pragma once

#include <cstdint>
#include <limits>

#include "KokkosQuant_AffineContract.hpp"
#include "KokkosQuant_FixedOrderSum.hpp"
#include "KokkosQuant_Operands.hpp"

namespace KokkosQuant::Impl {

// Of some of a cell's elements.
template <compute_type C>
struct PartStatistics {
  sum_of<C> squares;
  C max_error;
  std::int64_t below, above, nan, infinite;

  // all but the sum, whose order matters
  KOKKOS_FORCEINLINE_FUNCTION void take(const PartStatistics& other) {
    max_error = greatest(max_error, other.max_error);
    below += other.below;
    above += other.above;
    nan += other.nan;
    infinite += other.infinite;
  }
};
// Those of n parts, at most 256, by one thread.
template <class C, class PartOf>
KOKKOS_FORCEINLINE_FUNCTION PartStatistics<C> joined(int n, const PartOf& part_of) {
  PartStatistics<C> all{};
  all.squares = segment_sum<sum_of<C>>(n, [&](int j) {
    const PartStatistics<C> part = part_of(j);
    all.take(part);
    return part.squares;
  });
  return all;
}

constexpr Contract inclusively(Contract rules) {
  rules.mask = MaskRule::inclusive;
  return rules;
}
// Element: that of FakeQuantize. What was clamped is what the rules' inclusive mask leaves out.
template <class Element, Contract Rules>
struct ErrorOfElement {
  using C = typename Element::compute;
  static constexpr Contract inclusive = inclusively(Rules);
  using Bounds = Affine<inclusive>;

  typename Element::cell_constants code;
  decltype(Bounds::mask(C(), 0, QuantizeDescriptor{})) bounds;

  KOKKOS_FORCEINLINE_FUNCTION ErrorOfElement(const Element& element, const typename Element::CellData& cell)
      : code(element.constants(cell)), bounds(Bounds::mask(widen<C>(cell.scale), cell.zero_point, element.range)) {}

  // x is counted; its squared error is returned, RN((x' - x)^2) in double. Where x' is no number the error is infinite.
  KOKKOS_FORCEINLINE_FUNCTION double take(const Element& element, C x, PartStatistics<C>& counts) const {
    const C size = x < C(0) ? -x : x;
    if (!(size < infinity<C>)) {
      ++(x == x ? counts.infinite : counts.nan);
      return 0;
    }
    const C t = to_be_rounded(x);
    counts.below += t < lowest() ? 1 : 0;
    counts.above += t > highest() ? 1 : 0;
    C y;
    element.apply_any(code, y, x);
    C error = add(y, -x);
    error = error < C(0) ? -error : error;
    if (!(error == error)) error = infinity<C>;
    counts.max_error = greatest(counts.max_error, error);
    const double e = to_double(error);
    return multiply(e, e);
  }
  // What is clamped to [lowest(), highest()] before it is rounded; of a pack of x too.
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class V>
  KOKKOS_FORCEINLINE_FUNCTION V to_be_rounded(const V& x) const {
    if constexpr (is_reference)
      return quotient(x, bounds.scale);
    else
      return Bounds::to_be_rounded(bounds, x);
  }
  KOKKOS_FORCEINLINE_FUNCTION C lowest() const {
    if constexpr (is_reference)
      return bounds.t_min;
    else
      return bounds.in_min;
  }
  KOKKOS_FORCEINLINE_FUNCTION C highest() const {
    if constexpr (is_reference)
      return bounds.t_max;
    else
      return bounds.in_max;
  }

 private:
  static constexpr bool is_reference = inclusive == contracts::reference;
};

}  // namespace KokkosQuant::Impl
