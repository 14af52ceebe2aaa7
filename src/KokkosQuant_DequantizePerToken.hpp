// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Codes back to floating point with one scale a row.
#pragma once

#include "KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Plan.hpp"
#include "detail/KokkosQuant_PlanBase.hpp"
#include "detail/KokkosQuant_RowElement.hpp"

namespace KokkosQuant {

/// \brief The arguments of DequantizePerToken; N rows ("tokens") of D elements.
///
/// | member     | View                                   | |
/// | ---------- | -------------------------------------- | --- |
/// | q          | N x D of int8_t or uint8_t, read       | the codes |
/// | scale      | N of T, or of float for 16-bit T, read | |
/// | zero_point | N of int, read; or no_zero_point       | |
/// | x          | N x D of T, written                    | |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. x shares no memory with the rest.
template <class Q, class Scale, class ZeroPoint, class X>
struct DequantizePerTokenArgs {
  Q q;
  Scale scale;
  ZeroPoint zero_point;
  X x;
};
template <class Q, class Scale, class ZeroPoint, class X>
DequantizePerTokenArgs(Q, Scale, ZeroPoint, X) -> DequantizePerTokenArgs<Q, Scale, ZeroPoint, X>;

template <class Exec, class Args>
class DequantizePerTokenPlan;

namespace Impl {

template <class T, class Scale, class ZeroPoint>
struct DequantizeElement : RowElement<T, Scale, ZeroPoint> {
  using C = compute_t<T>;

  template <class V, class I>
  using constants_of = DequantizeConstants<V, I>;
  using row_constants = DequantizeConstants<C, integer_of<C>>;

  template <class Row>
  KOKKOS_FORCEINLINE_FUNCTION row_constants constants(const Row& row) const {
    return dequantize_constants(widen<C>(row.scale), row.zero_point);
  }
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const row_constants& k) { return k.moderate; }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V, class I>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, V& x, const I& q) const {
    x = dequantize_moderate(k, q);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const row_constants& k, C& x, integer_of<C> q) const {
    x = dequantize(k, static_cast<std::int32_t>(q));
  }

  template <class Row>
  KOKKOS_FORCEINLINE_FUNCTION auto quick_constants(const Row& row) const {
    struct Quick : row_constants {
      bool quick;
    };
    const row_constants k = constants(row);
    return Quick{k, k.moderate};
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_quick(const K&, integer_of<C>) {
    return true;
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const K& k, C& x, integer_of<C> q) const {
    x = dequantize_moderate(k, q);
  }
};

}  // namespace Impl

/// \brief Names the op in select and can_implement.
struct DequantizePerToken {
  template <class Exec, class Args>
  using plan = DequantizePerTokenPlan<Exec, Args>;

  static constexpr const char* name = "DequantizePerToken";
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
    static_assert(Impl::written<decltype(Args::x)>, "KokkosQuant: x is written: its View must not be of const");
    return true;
  }

  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.x;
  }
  template <class Args>
  static void check(Impl::Checks& checks, const QuantizeDescriptor& descriptor, const Args& args) {
    checks.range(descriptor);
    checks.same_extents("q", args.q, "x", args.x);
    checks.one_a_row("scale", args.scale, "x", args.x);
    checks.one_a_row("zero_point", args.zero_point, "x", args.x);
    checks.has_data("q", args.q);
    checks.has_data("scale", args.scale);
    checks.has_data("zero_point", args.zero_point);
    checks.has_data("x", args.x);
    checks.own_elements("x", args.x);
    checks.apart("x", args.x, "q", args.q);
    checks.apart("x", args.x, "scale", args.scale);
    checks.apart("x", args.x, "zero_point", args.zero_point);
  }

  template <class Exec, class Args>
  static auto sweep(const QuantizeDescriptor& descriptor, const Args& args, Mapping hint) {
    using T = data_type<Args>;
    const auto element = Impl::row_element<Impl::DequantizeElement, T>(descriptor, args);
    return Impl::RowSweep<Exec, std::remove_const_t<decltype(element)>, Impl::Outputs<T>, Impl::Inputs<code<Args>>>(
        element, static_cast<std::int64_t>(args.x.extent(0)), static_cast<std::int64_t>(args.x.extent(1)),
        Impl::make_tuple(Impl::matrix(args.x)), Impl::make_tuple(Impl::input_matrix(args.q)), hint);
  }

  // The difference q - zero_point is exact in double; in float it rounds beyond 2^24, which can cost one more ulp.
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    constexpr bool in_double = std::same_as<data_type<Args>, double>;
    return {true, true, true, in_double ? 0.5 : Impl::rounded_twice_ulp<data_type<Args>> + 1};
  }
};

/// \brief x[n,d] = RN(RN(q[n,d] - zero_point[n]) * scale[n]), q - zero_point being exact, both roundings in the compute type
/// (double for double, else float); a 16-bit x rounds once more.
///
/// The inverse of QuantizePerToken, as ONNX's DequantizeLinear. Codes outside the descriptor's range are converted like all
/// others. The same bits on every execution space, layout and number of threads.
///
/// \code
/// KokkosQuant::DequantizePerTokenPlan plan(exec, KokkosQuant::QuantizeDescriptor{-128, 127},
///                                          KokkosQuant::DequantizePerTokenArgs{q, scale, zero_point, x});
/// plan.run();  // asynchronous on exec
/// \endcode
template <class Exec, class Args>
class DequantizePerTokenPlan : public Impl::PlanBase<DequantizePerToken, Exec, Args> {
 public:
  /// \throws std::invalid_argument where can_implement is false, with its message
  DequantizePerTokenPlan(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args,
                         PlanPreference preference = {})
      : Impl::PlanBase<DequantizePerToken, Exec, Args>(exec, descriptor, args, preference) {}

  /// \brief The same as the constructor.
  static DequantizePerTokenPlan select(const Exec& exec, const QuantizeDescriptor& descriptor, const Args& args,
                                       PlanPreference preference = {}) {
    return {exec, descriptor, args, preference};
  }
};

}  // namespace KokkosQuant
