// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief An op that the library has not, whole: DropOutliersPerTensor ... DropOutliersPerBlock.
#pragma once

#include <KokkosQuant_FakeQuantize.hpp>

namespace KokkosQuant {
namespace Impl {

//! [constants]
// What is computed once for the elements that share a scale. V: a number, or a pack of them, one for each lane.
template <class V>
struct OutlierConstants {
  V lowest, highest;
  bool quick;
  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.lowest...), f(k.highest...);
  }
};
//! [constants]

//! [element]
template <class T, Contract, class Scale, class ZeroPoint>
struct DropOutliersElement : CellElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;
  template <class V, class>
  using constants_of = OutlierConstants<V>;

  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION OutlierConstants<C> constants(const Cell& cell) const {
    const CodeRange steps = code_range(this->range, cell.zero_point);
    const C scale = widen<C>(cell.scale);
    return {multiply(static_cast<C>(steps.lo), scale), multiply(static_cast<C>(steps.hi), scale), true};
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& y, const V& x) const {
    y = keep_if(within(x, k.lowest, k.highest), x);
  }
  // That form serves all constants and elements, on devices too.
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const OutlierConstants<C>&) { return true; }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const OutlierConstants<C>& k, C& y, C x) const { apply(k, y, x); }
  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION OutlierConstants<C> quick_constants(const Cell& cell) const {
    return constants(cell);
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const OutlierConstants<C>&, C) { return true; }
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const OutlierConstants<C>& k, C& y, C x) const { apply(k, y, x); }
};
//! [element]

//! [op]
// Arguments, requirements, checks: those of FakeQuantize.
template <class Granularity>
struct DropOutliersOp : FakeQuantizeOp<Granularity> {
  static std::string name() { return std::string("DropOutliers") + granularity_name<Granularity>::value; }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    return make_sweep<Exec, Granularity>(
        cell_element<DropOutliersElement, Granularity, contract_of<Descriptor>, stored_t<decltype(Args::y)>>(descriptor, args,
                                                                                                             row_order(args.y)),
        args, args.y, outputs(args.y), inputs(args.x), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, 0};
  }
};
//! [op]

}  // namespace Impl

//! [family]
/// \name Drop outliers
/// \brief y[n,d] = x[n,d] where RN((q_min - zero_point) * scale) <= x[n,d] <= RN((q_max - zero_point) * scale), else +0.
///
/// What is left is what a quantizer with these arguments represents; x - y are the outliers, to be kept apart. NaN is an outlier.
/// Arguments, types and what may share memory are those of FakeQuantize.
/// \{
KOKKOSQUANT_OP_FAMILY(DropOutliers, , (class X, class Scale, class ZeroPoint, class Y), (X, Scale, ZeroPoint, Y),
                      (X x; Scale scale; ZeroPoint zero_point; Y y;));
/// \}
//! [family]

}  // namespace KokkosQuant
