// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The straight-through gradient of quantization with one scale a row.
#pragma once

#include "KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Plan.hpp"
#include "detail/KokkosQuant_PlanBase.hpp"
#include "detail/KokkosQuant_RowElement.hpp"

namespace KokkosQuant {

/// \brief The arguments of QuantizePerTokenBackward; N rows ("tokens") of D elements.
///
/// | member     | View                                     | |
/// | ---------- | ---------------------------------------- | --- |
/// | dy         | N x D of T, read                         | gradient of the loss by the codes |
/// | x          | N x D of T, read                         | the forward's input |
/// | scale      | N of T, or of float for 16-bit T, read   | the forward's scales |
/// | zero_point | N of int, read; or no_zero_point         | the forward's zero points |
/// | dx         | N x D of T, written                      | gradient of the loss by x |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. dx may be exactly dy or exactly x
/// (same data, same strides) and shares no element with anything else; what is only read may overlap freely.
template <class DY, class X, class Scale, class ZeroPoint, class DX>
struct QuantizePerTokenBackwardArgs {
  DY dy;
  X x;
  Scale scale;
  ZeroPoint zero_point;
  DX dx;
};
template <class DY, class X, class Scale, class ZeroPoint, class DX>
QuantizePerTokenBackwardArgs(DY, X, Scale, ZeroPoint, DX) -> QuantizePerTokenBackwardArgs<DY, X, Scale, ZeroPoint, DX>;

template <class Exec, class Args>
class QuantizePerTokenBackwardPlan;

namespace Impl {

template <class T, class Scale, class ZeroPoint>
struct QuantizeBackwardElement : RowElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;

  template <class V, class>
  using constants_of = BackwardConstants<V>;

  template <class Row>
  KOKKOS_FORCEINLINE_FUNCTION BackwardConstants<C> constants(const Row& row) const {
    return backward_constants(widen<C>(row.scale), row.zero_point, this->range);
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const BackwardConstants<C>&) { return true; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& dx, const V& dy, const V& x) const {
    dx = quantize_backward(k, dy, x);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const BackwardConstants<C>& k, C& dx, C dy, C x) const { apply(k, dx, dy, x); }

  template <class Row>
  KOKKOS_FORCEINLINE_FUNCTION QuickBackwardConstants<C> quick_constants(const Row& row) const {
    return quick_backward_constants(widen<C>(row.scale), row.zero_point, this->range);
  }
  static KOKKOS_FORCEINLINE_FUNCTION bool is_quick(const QuickBackwardConstants<C>&, C dy, C) { return is_quick_numerator(dy); }
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const QuickBackwardConstants<C>& k, C& dx, C dy, C x) const {
    dx = quick_quantize_backward(k, dy, x);
  }
};

}  // namespace Impl

/// \brief Names the op in select and can_implement.
struct QuantizePerTokenBackward {
  template <class Exec, class Args>
  using plan = QuantizePerTokenBackwardPlan<Exec, Args>;

  static constexpr const char* name = "QuantizePerTokenBackward";
  template <class Args>
  using data_type = Impl::stored_t<decltype(Args::dx)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return "";
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    using namespace Impl;
    using DY = decltype(Args::dy);
    using X = decltype(Args::x);
    using Scale = decltype(Args::scale);
    using DX = decltype(Args::dx);
    static_assert(view_of_rank<DY, 2>, "KokkosQuant: dy must be a Kokkos::View of rank 2 (N x D)");
    static_assert(view_of_rank<X, 2>, "KokkosQuant: x must be a Kokkos::View of rank 2 (N x D)");
    static_assert(view_of_rank<DX, 2>, "KokkosQuant: dx must be a Kokkos::View of rank 2 (N x D)");
    static_assert(written<DX>, "KokkosQuant: dx is written: its View must not be of const");
    static_assert(element_view<DX>, "KokkosQuant: dx must have an element type of double, float, half_t or bfloat16_t");
    static_assert(std::same_as<stored_t<DY>, stored_t<DX>>, "KokkosQuant: dy must have the element type of dx");
    static_assert(std::same_as<stored_t<X>, stored_t<DX>>, "KokkosQuant: x must have the element type of dx");
    static_assert(view_of_rank<Scale, 1>, "KokkosQuant: scale must be a Kokkos::View of rank 1 (N)");
    static_assert(scale_for<Scale, DX>,
                  "KokkosQuant: scale must have the element type of dx, or float where that is a 16-bit type");
    static_assert(zero_point_argument<decltype(Args::zero_point)>,
                  "KokkosQuant: zero_point must be a Kokkos::View of int of rank 1 (N), or KokkosQuant::no_zero_point");
    static_assert(reaches_argument<Exec, DY>, "KokkosQuant: exec cannot reach the memory space of dy");
    static_assert(reaches_argument<Exec, X>, "KokkosQuant: exec cannot reach the memory space of x");
    static_assert(reaches_argument<Exec, DX>, "KokkosQuant: exec cannot reach the memory space of dx");
    static_assert(reaches_argument<Exec, Scale>, "KokkosQuant: exec cannot reach the memory space of scale");
    static_assert(reaches_argument<Exec, decltype(Args::zero_point)>,
                  "KokkosQuant: exec cannot reach the memory space of zero_point");
    return true;
  }

  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.dx;
  }
  template <class Args>
  static void check(Impl::Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    checks.range(descriptor);
    checks.same_extents("dy", args.dy, "dx", args.dx);
    checks.same_extents("x", args.x, "dx", args.dx);
    checks.one_a_row("scale", args.scale, "dx", args.dx);
    checks.one_a_row("zero_point", args.zero_point, "dx", args.dx);
    checks.has_data("dy", args.dy);
    checks.has_data("x", args.x);
    checks.has_data("scale", args.scale);
    checks.has_data("zero_point", args.zero_point);
    checks.has_data("dx", args.dx);
    checks.own_elements("dx", args.dx);
    checks.apart_or_same("dx", args.dx, "dy", args.dy);
    checks.apart_or_same("dx", args.dx, "x", args.x);
    checks.apart("dx", args.dx, "scale", args.scale);
    checks.apart("dx", args.dx, "zero_point", args.zero_point);
  }

  template <class Exec, class Args>
  static auto sweep(const QuantizeDescriptor& descriptor, const Args& args, Mapping hint) {
    using T = data_type<Args>;
    const auto element = Impl::row_element<Impl::QuantizeBackwardElement, T>(descriptor, args);
    return Impl::RowSweep<Exec, std::remove_const_t<decltype(element)>, Impl::Outputs<T>, Impl::Inputs<T, T>>(
        element, static_cast<std::int64_t>(args.dx.extent(0)), static_cast<std::int64_t>(args.dx.extent(1)),
        Impl::make_tuple(Impl::matrix(args.dx)), Impl::make_tuple(Impl::input_matrix(args.dy), Impl::input_matrix(args.x)),
        hint);
  }

  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, Impl::rounded_twice_ulp<data_type<Args>>};
  }
};

/// \brief dx[n,d] = RN(dy[n,d] / scale[n]) where q_min <= r + zero_point[n] <= q_max, +0 elsewhere;
/// r = x[n,d] / scale[n], rounded once in the compute type (double for double, else float) and then to an integer, ties to
/// even.
///
/// The straight-through estimator (Bengio, Leonard, Courville 2013, arXiv:1308.3432) of QuantizePerToken: the rounding passes
/// the gradient, the clamp stops it. The quotient of a 16-bit type is rounded to float and then to the type. NaN, Inf, zero
/// and negative scales and subnormals follow IEEE arithmetic through the formula; a t of NaN or Inf is outside, and nothing
/// leaks out of a masked element. The same bits on every execution space, layout and number of threads.
///
/// \code
/// KokkosQuant::QuantizePerTokenBackwardPlan plan(exec, KokkosQuant::QuantizeDescriptor{-128, 127},
///                                                KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx});
/// plan.run();  // asynchronous on exec
/// \endcode
template <class Exec, class Args>
class QuantizePerTokenBackwardPlan : public Impl::PlanBase<QuantizePerTokenBackward, Exec, Args> {
 public:
  /// \throws std::invalid_argument where can_implement is false, with its message
  QuantizePerTokenBackwardPlan(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args,
                               PlanPreference preference = {})
      : Impl::PlanBase<QuantizePerTokenBackward, Exec, Args>(exec, descriptor, args, preference) {}

  /// \brief The same as the constructor.
  static QuantizePerTokenBackwardPlan select(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args,
                                             PlanPreference preference = {}) {
    return {exec, descriptor, args, preference};
  }
};

}  // namespace KokkosQuant
