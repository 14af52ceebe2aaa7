// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Quantization to 8-bit codes with one scale a row.
#pragma once

#include "KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Plan.hpp"
#include "detail/KokkosQuant_PlanBase.hpp"
#include "detail/KokkosQuant_RowElement.hpp"

namespace KokkosQuant {

/// \brief The arguments of QuantizePerToken; N rows ("tokens") of D elements.
///
/// | member     | View                                   | |
/// | ---------- | -------------------------------------- | --- |
/// | x          | N x D of T, read                       | |
/// | scale      | N of T, or of float for 16-bit T, read | |
/// | zero_point | N of int, read; or no_zero_point       | |
/// | q          | N x D of int8_t or uint8_t, written    | the codes |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. q shares no memory with the rest.
template <class X, class Scale, class ZeroPoint, class Q>
struct QuantizePerTokenArgs {
  X x;
  Scale scale;
  ZeroPoint zero_point;
  Q q;
};
template <class X, class Scale, class ZeroPoint, class Q>
QuantizePerTokenArgs(X, Scale, ZeroPoint, Q) -> QuantizePerTokenArgs<X, Scale, ZeroPoint, Q>;

template <class Exec, class Args>
class QuantizePerTokenPlan;

namespace Impl {

template <class T, class Scale, class ZeroPoint>
struct QuantizeElement : RowElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;

  template <class V, class I>
  using constants_of = QuantizeConstants<V, I>;
  using row_constants = QuantizeConstants<C, integer_of<C>>;

  template <class Row>
  KOKKOS_FORCEINLINE_FUNCTION row_constants constants(const Row& row) const {
    return quantize_constants(widen<C>(row.scale), row.zero_point, this->range);
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const row_constants& k) { return k.moderate; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class I, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, I& q, const V& x) const {
    q = quantize_moderate(k, x);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const row_constants& k, integer_of<C>& q, C x) const {
    q = quantize(k, this->range, x);
  }

  template <class Row>
  KOKKOS_FORCEINLINE_FUNCTION QuickQuantizeConstants<C> quick_constants(const Row& row) const {
    return quick_quantize_constants(widen<C>(row.scale), row.zero_point, this->range);
  }
  static KOKKOS_FORCEINLINE_FUNCTION bool is_quick(const QuickQuantizeConstants<C>&, C x) { return x == x; }
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const QuickQuantizeConstants<C>& k, integer_of<C>& q, C x) const {
    q = quick_quantize(k, x);
  }
};

}  // namespace Impl

/// \brief Names the op in select and can_implement.
struct QuantizePerToken {
  template <class Exec, class Args>
  using plan = QuantizePerTokenPlan<Exec, Args>;

  static constexpr const char* name = "QuantizePerToken";
  template <class Args>
  using data_type = Impl::stored_t<decltype(Args::x)>;
  template <class Args>
  using code = Impl::element_of<decltype(Args::q)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return Impl::type_name<code<Args>>();
  }

  template <class Exec, class Args>
  static constexpr bool accepts() {
    static_assert(Impl::accepts_data_and_codes<Exec, decltype(Args::x), decltype(Args::q), decltype(Args::scale),
                                               decltype(Args::zero_point)>());
    static_assert(Impl::written<decltype(Args::q)>, "KokkosQuant: q is written: its View must not be of const");
    return true;
  }

  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.q;
  }
  template <class Args>
  static void check(Impl::Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    checks.range(descriptor);
    checks.range_fits<code<Args>>("q", descriptor);
    checks.same_extents("x", args.x, "q", args.q);
    checks.one_a_row("scale", args.scale, "q", args.q);
    checks.one_a_row("zero_point", args.zero_point, "q", args.q);
    checks.has_data("x", args.x);
    checks.has_data("scale", args.scale);
    checks.has_data("zero_point", args.zero_point);
    checks.has_data("q", args.q);
    checks.own_elements("q", args.q);
    checks.apart("q", args.q, "x", args.x);
    checks.apart("q", args.q, "scale", args.scale);
    checks.apart("q", args.q, "zero_point", args.zero_point);
  }

  template <class Exec, class Args>
  static auto sweep(const QuantizeDescriptor& descriptor, const Args& args, Mapping hint) {
    using T = data_type<Args>;
    const auto element = Impl::row_element<Impl::QuantizeElement, T>(descriptor, args);
    return Impl::RowSweep<Exec, std::remove_const_t<decltype(element)>, Impl::Outputs<code<Args>>, Impl::Inputs<T>>(
        element, static_cast<std::int64_t>(args.q.extent(0)), static_cast<std::int64_t>(args.q.extent(1)),
        Impl::make_tuple(Impl::matrix(args.q)), Impl::make_tuple(Impl::input_matrix(args.x)), hint);
  }

  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, 0.5};
  }
};

/// \brief q[n,d] = clamp(r + zero_point[n], q_min, q_max), over the integers; r = x[n,d] / scale[n], rounded once in the
/// compute type (double for double, else float) and then to an integer, ties to even.
///
/// Affine quantization as ONNX's QuantizeLinear defines it. Infinities saturate; where x / scale is NaN, q is
/// clamp(zero_point[n]). The range must lie within q's type (constructing refuses others). The same bits on every execution
/// space, layout and number of threads; precision_guarantee().max_ulp is the quotient's.
///
/// \code
/// KokkosQuant::QuantizePerTokenPlan plan(exec, KokkosQuant::QuantizeDescriptor{-128, 127},
///                                        KokkosQuant::QuantizePerTokenArgs{x, scale, zero_point, q});
/// plan.run();  // asynchronous on exec
/// \endcode
template <class Exec, class Args>
class QuantizePerTokenPlan : public Impl::PlanBase<QuantizePerToken, Exec, Args> {
 public:
  /// \throws std::invalid_argument where can_implement is false, with its message
  QuantizePerTokenPlan(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args, PlanPreference preference = {})
      : Impl::PlanBase<QuantizePerToken, Exec, Args>(exec, descriptor, args, preference) {}

  /// \brief The same as the constructor.
  static QuantizePerTokenPlan select(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args,
                                     PlanPreference preference = {}) {
    return {exec, descriptor, args, preference};
  }
};

}  // namespace KokkosQuant
