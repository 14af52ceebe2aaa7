// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The straight-through gradient of quantization: QuantizePerTensorBackward ... QuantizePerBlockBackward.
#pragma once

#include "detail/KokkosQuant_AffineContract.hpp"
#include "detail/KokkosQuant_CellElement.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"

namespace KokkosQuant {
namespace Impl {

template <class T, Contract Rules, class Scale, class ZeroPoint>
struct QuantizeBackwardElement : CellElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;
  using A = Affine<Rules>;

  template <class V, class I>
  using constants_of = typename A::template mask_constants<V, I>;
  using cell_constants = constants_of<C, integer_of<C>>;

  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION cell_constants constants(const Cell& cell) const {
    return A::mask(widen<C>(cell.scale), cell.zero_point, this->range);
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const cell_constants&) { return true; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& dx, const V& dy, const V& x) const {
    dx = A::masked(A::inside(k, x), divide(dy, k.scale));
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const cell_constants& k, C& dx, C dy, C x) const { apply(k, dx, dy, x); }

  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION auto quick_constants(const Cell& cell) const {
    return A::quick_mask(widen<C>(cell.scale), cell.zero_point, this->range);
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION bool is_quick(const K&, C dy, C) {
    return A::can_divide(dy);
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const K& k, C& dx, C dy, C x) const {
    dx = A::masked(A::quick_inside(k, x), A::quick_divide(k, dy));
  }
};

template <class Granularity>
struct QuantizeBackwardOp {
  static std::string name() { return std::string("Quantize") + granularity_name<Granularity>::value + "Backward"; }
  template <class Args>
  using data_type = stored_t<decltype(Args::dx)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return "";
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dx);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, dy);
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, dy, dx);
    KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, x, dx);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, dx);
    KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, dx);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.dx;
  }
  template <class Args>
  static void check(Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    checks.range(descriptor);
    checks.same_extents("dy", args.dy, "dx", args.dx);
    checks.same_extents("x", args.x, "dx", args.dx);
    checks.cells(args, granularity_of<Granularity>(args), "dx", args.dx);
    checks.has_data("dy", args.dy);
    checks.has_data("x", args.x);
    checks.has_data("dx", args.dx);
    checks.own_elements("dx", args.dx);
    checks.apart_or_same("dx", args.dx, "dy", args.dy);
    checks.apart_or_same("dx", args.dx, "x", args.x);
    checks.apart_from_cells("dx", args.dx, args);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    return make_sweep<Exec, Granularity>(
        cell_element<QuantizeBackwardElement, Granularity, contract_of<Descriptor>, data_type<Args>>(descriptor, args,
                                                                                                     row_order(shape_of(args))),
        args, args.dx, outputs(args.dx), inputs(args.dy, args.x), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, rounded_twice_ulp<data_type<Args>>};
  }
};

}  // namespace Impl

/// \name Quantize, backward
/// \brief dx[n,d] = RN(dy[n,d] / scale) where q_min <= r + zero_point <= q_max, +0 elsewhere; r = x[n,d] / scale, rounded once
/// in the compute type (double for double, else float) and then to an integer, ties to even.
///
/// | member      | View                                                           | |
/// | ----------- | -------------------------------------------------------------- | --- |
/// | dy          | N x D of T, read                                               | gradient of the loss by the codes |
/// | x           | N x D of T, read                                               | the forward's input |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T | the forward's |
/// | zero_point  | the same of int; or no_zero_point                              | the forward's |
/// | dx          | N x D of T, written                                            | gradient of the loss by x |
/// | group       | PerGroup alone: PerGroup{columns}                              | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                        | |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. dx may be exactly dy or exactly x
/// (same data, same strides) and shares no element with anything else; what is only read may overlap freely.
///
/// The straight-through estimator (Bengio, Leonard, Courville 2013, arXiv:1308.3432) of the quantization: the rounding passes
/// the gradient, the clamp stops it. The quotient of a 16-bit type is rounded to float and then to the type. NaN, Inf, zero
/// and negative scales and subnormals follow IEEE arithmetic through the formula; a t of NaN or Inf is outside, and nothing
/// leaks out of a masked element. The same bits on every execution space, layout and number of threads.
///
/// \code
/// KokkosQuant::QuantizePerTokenBackwardPlan plan(exec, KokkosQuant::QuantizeDescriptor{-128, 127},
///                                                KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx});
/// plan.run();  // asynchronous on exec
/// \endcode
/// \{
KOKKOSQUANT_OP_FAMILY(Quantize, Backward, (class DY, class X, class Scale, class ZeroPoint, class DX),
                      (DY, X, Scale, ZeroPoint, DX), (DY dy; X x; Scale scale; ZeroPoint zero_point; DX dx;));
/// \}

}  // namespace KokkosQuant
