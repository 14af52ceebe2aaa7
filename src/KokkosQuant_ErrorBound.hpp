// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Quantization with a guaranteed absolute error: QuantizeToErrorBound, DequantizeFromErrorBound.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>

#include "detail/KokkosQuant_ErrorBoundElement.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"
#include "detail/backend/KokkosQuant_CountFlags.hpp"

namespace KokkosQuant {

/// \brief The largest absolute error of an element that is allowed.
struct ErrorBound {
  double eps;  ///< positive and finite, in the units of x
};

/// \brief The step between codes with that bound, for data of T: the largest power of two <= 2 eps, as far as T's compute type
/// (double for double, else float) has it, from its smallest subnormal number up to its largest power of two.
///
/// A power of two, as quotients and products by it are exact: with a step of 2 eps itself the bound breaks after rounding.
/// As the scale of DequantizePerTensor, with no_zero_point, it gives what DequantizeFromErrorBound gives.
template <element_type T = double>
compute_t<T> step_of(const ErrorBound& bound) {
  return std::ldexp(compute_t<T>(1), Impl::step_exponent<compute_t<T>>(bound.eps));
}

namespace Impl {

template <>
inline constexpr bool is_descriptor<ErrorBound> = true;

template <class V>
concept error_bound_codes = view_from_rank<V, 2> &&
    (std::same_as<element_of<V>, std::int16_t> || std::same_as<element_of<V>, std::int32_t>);
template <class V>
concept count_view = view<V> &&(rank_of<V> <= 1) &&
                     (std::same_as<element_of<V>, std::int64_t> || std::same_as<element_of<V>, std::uint64_t>);

// The walk over x, then the count of the mask that it wrote.
template <class Walk, class Exec, class Count>
struct SweepAndCount {
  Walk walk;
  CountFlags<Exec, Count> flags;

  Mapping mapping() const { return walk.mapping(); }
  int pack_width() const { return walk.pack_width(); }
  void launch(const Exec& exec, const std::string& label) const {
    flags.zero(exec, label);
    walk.launch(exec, label);
    flags.add(exec, label);
  }
};

// What both ops check of x and q.
struct ErrorBoundOp {
  template <class Args>
  using data_type = stored_t<decltype(Args::x)>;
  template <class Args>
  using code = element_of<decltype(Args::q)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return type_name<code<Args>>();
  }
  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x);
    static_assert(error_bound_codes<decltype(Args::q)>,
                  "KokkosQuant: q must be a Kokkos::View of std::int16_t or std::int32_t of rank 2 (N x D), or more");
    KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, q);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.x;
  }
  template <class Args>
  static void check(Checks& checks, const ErrorBound& bound, const Args& args) {
    checks.expect(std::isfinite(bound.eps) && bound.eps > 0, "eps is ", bound.eps, ": expected a positive, finite number");
    checks.same_extents("q", args.q, "x", args.x);
    checks.has_data("x", args.x);
    checks.has_data("q", args.q);
  }
};

struct QuantizeToErrorBoundOp : ErrorBoundOp {
  static std::string name() { return "QuantizeToErrorBound"; }
  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_MASK(Exec, Args, misfit_mask);
    static_assert(count_view<decltype(Args::misfit_count)>,
                  "KokkosQuant: misfit_count must be a Kokkos::View of std::int64_t or std::uint64_t of rank 0, or of rank 1 "
                  "with one element");
    KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, misfit_count);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, q);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, misfit_mask);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, misfit_count);
    return ErrorBoundOp::accepts<Exec, Args>();
  }
  template <class Args>
  static void check(Checks& checks, const ErrorBound& bound, const Args& args) {
    ErrorBoundOp::check(checks, bound, args);
    checks.one_an_element("misfit_mask", args.misfit_mask, "x", args.x);
    checks.expect(elements_named(args.misfit_count) == 1, "misfit_count has ", shape(args.misfit_count),
                  " elements: expected one");
    checks.has_data("misfit_mask", args.misfit_mask);
    checks.has_data("misfit_count", args.misfit_count);
    checks.own_elements("q", args.q);
    checks.own_elements("misfit_mask", args.misfit_mask);
    checks.apart("q", args.q, "x", args.x);
    checks.apart("misfit_mask", args.misfit_mask, "x", args.x);
    checks.apart("misfit_mask", args.misfit_mask, "q", args.q);
    checks.apart("misfit_count", args.misfit_count, "x", args.x);
    checks.apart("misfit_count", args.misfit_count, "q", args.q);
    checks.apart("misfit_count", args.misfit_count, "misfit_mask", args.misfit_mask);
  }
  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& bound, const Args& args, Mapping hint) {
    using Count = element_of<decltype(Args::misfit_count)>;
    const RowOrder order = row_order(args.x);
    const std::int64_t rows = rows_of(args.x, order).extent, columns = columns_of(args.x);
    const QuantizeToErrorBoundElement<data_type<Args>, code<Args>> element(bound.eps);
    const auto walk =
        make_sweep<Exec, PerTensor>(element, args, args.x, outputs(args.q, args.misfit_mask), inputs(args.x), hint);
    return SweepAndCount<std::remove_const_t<decltype(walk)>, Exec, Count>{
        walk, {matrix(args.misfit_mask, rows, columns, order), rows, columns, args.misfit_count.data()}};
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    return {true, true, true, 0};  // the quotient is exact where it matters
  }
};

struct DequantizeFromErrorBoundOp : ErrorBoundOp {
  static std::string name() { return "DequantizeFromErrorBound"; }
  template <class Exec, class Args>
  static constexpr bool accepts() {
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, x);
    return ErrorBoundOp::accepts<Exec, Args>();
  }
  template <class Args>
  static void check(Checks& checks, const ErrorBound& bound, const Args& args) {
    ErrorBoundOp::check(checks, bound, args);
    checks.own_elements("x", args.x);
    checks.apart("x", args.x, "q", args.q);
  }
  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& bound, const Args& args, Mapping hint) {
    const DequantizeFromErrorBoundElement<data_type<Args>, code<Args>> element(bound.eps);
    return make_sweep<Exec, PerTensor>(element, args, args.x, outputs(args.x), inputs(args.q), hint);
  }
  // codes that QuantizeToErrorBound gave come back exactly; others of 32 bits round into float
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    constexpr bool in_double = std::same_as<data_type<Args>, double>;
    return {true, true, true, rounded_twice_ulp<data_type<Args>> + (in_double || sizeof(code<Args>) < 4 ? 0 : 1)};
  }
};

}  // namespace Impl

/// \name Quantize to an error bound
/// \brief q[n,d] = x[n,d] / step, rounded to an integer, ties to even, with step = step_of(bound); what comes back of it, q *
/// step, is no further from x[n,d] than bound.eps, after all roundings, for every element whose code fits.
///
/// | member       | View                                                                  | |
/// | ------------ | --------------------------------------------------------------------- | --- |
/// | x            | N x D of T, read                                                      | the field |
/// | q            | N x D of int16_t or int32_t, written                                  | the codes |
/// | misfit_mask  | N x ceil(D/8) of mask8_t, or ceil(N/8) x D packed down, written       | 1 where an element does not fit |
/// | misfit_count | int64_t or uint64_t, rank 0, or rank 1 with one element, written      | the number of those |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides; fields of more than two extents are rows of their last
/// one. The outputs share no memory with x or each other.
///
/// An element does not fit where q is outside its type, where q * step is beyond T's largest number, and where x is NaN or
/// infinite. Its code is 0 and its bit is 1: keep those elements apart (bit d % 8 of byte d / 8 of a row is that of element d).
/// misfit_count lies in memory that exec reaches, and is right when run() is done; without misfits it is 0. The bound holds
/// for what DequantizeFromErrorBound gives, or DequantizePerTensor with step_of(bound); why is said in
/// detail/KokkosQuant_ErrorBoundElement.hpp. The same bits on every execution space, layout and number of threads.
///
/// \snippet 06_op_family/op_family.cpp error bound
/// \{
KOKKOSQUANT_ARGS(QuantizeToErrorBoundArgs, (class X, class Q, class MisfitMask, class MisfitCount),
                 (X, Q, MisfitMask, MisfitCount), (X x; Q q; MisfitMask misfit_mask; MisfitCount misfit_count;));
KOKKOSQUANT_PLAN_OF(QuantizeToErrorBound, Impl::QuantizeToErrorBoundOp, ErrorBound);
/// \}

/// \name Dequantize from an error bound
/// \brief x[n,d] = RN(q[n,d] * step), with step = step_of(bound): exact for codes that QuantizeToErrorBound gave with that bound
/// and T; 0 where the element did not fit.
///
/// | member | View                              | |
/// | ------ | --------------------------------- | --- |
/// | q      | N x D of int16_t or int32_t, read | the codes |
/// | x      | N x D of T, written               | |
///
/// Any layouts and strides. x shares no memory with q.
/// \{
KOKKOSQUANT_ARGS(DequantizeFromErrorBoundArgs, (class Q, class X), (Q, X), (Q q; X x;));
KOKKOSQUANT_PLAN_OF(DequantizeFromErrorBound, Impl::DequantizeFromErrorBoundOp, ErrorBound);
/// \}

}  // namespace KokkosQuant
