// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Quantization to integer and float8 codes: QuantizePerTensor, QuantizePerChannel, QuantizePerToken, QuantizePerGroup,
/// QuantizePerBlock.
#pragma once

#include "detail/KokkosQuant_AffineElement.hpp"
#include "detail/KokkosQuant_Float8Element.hpp"
#include "detail/KokkosQuant_OpFamily.hpp"

namespace KokkosQuant {
namespace Impl {

template <class T, Contract Rules, class Scale, class ZeroPoint>
struct QuantizeElement : ForwardElement<T, Rules, Scale, ZeroPoint> {
  using Base = ForwardElement<T, Rules, Scale, ZeroPoint>;
  using typename Base::A;
  using typename Base::C;
  using typename Base::I;

  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class J, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, J& q, const V& x) const {
    q = A::code(k, x);
  }
  KOKKOS_FORCEINLINE_FUNCTION void apply_any(const typename Base::cell_constants& k, I& q, C x) const {
    q = A::any_code(k, this->range, x);
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION void apply_quick(const K& k, I& q, C x) const {
    q = A::quick_code(k, x);
  }
  // (rules that have the form)
  template <class K, class R = A>
  static KOKKOS_FORCEINLINE_FUNCTION auto reach(const K& k) -> decltype(R::reach(k)) {
    return R::reach(k);
  }
  template <class K, class R = A>
  KOKKOS_FORCEINLINE_FUNCTION auto quick_pair(const K& k_low, const K& k_high, C low, C high) const
      -> decltype(R::quick_pair(k_low, k_high, low, high, QuantizeDescriptor{})) {
    return R::quick_pair(k_low, k_high, low, high, this->range);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class J, class V, class R = A>
  static KOKKOS_FORCEINLINE_FUNCTION auto apply_by_reciprocal(const K& k, J& q, const V& x)
      -> decltype(R::code_by_reciprocal(k, q, x)) {
    return R::code_by_reciprocal(k, q, x);
  }
  struct InBytes;
};

// The same for packs of codes that are clamped as bytes.
template <class T, Contract Rules, class Scale, class ZeroPoint>
struct QuantizeElement<T, Rules, Scale, ZeroPoint>::InBytes : QuantizeElement<T, Rules, Scale, ZeroPoint> {
  template <class V, class J>
  using constants_of = typename A::template code_constants<V, J>;
  template <class Cell>
  KOKKOS_FORCEINLINE_FUNCTION auto pack_constants(const Cell& cell) const {
    return A::codes_of_cell(widen<C>(cell.scale), cell.zero_point, this->range);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class J, class V>
  KOKKOS_FORCEINLINE_FUNCTION void apply(const K& k, J& q, const V& x) const {
    q = A::code(k, x, this->range);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V, class R = A>
  static KOKKOS_FORCEINLINE_FUNCTION auto rounded_bits(const K& k, const V& x) -> decltype(R::rounded_bits(k, x)) {
    return R::rounded_bits(k, x);
  }
};

template <class Granularity>
struct QuantizeOp {
  static std::string name() { return std::string("Quantize") + granularity_name<Granularity>::value; }
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
    KOKKOSQUANT_REQUIRE_ANY_CODES(Exec, Args, q);
    KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, x);
    KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity);
    KOKKOSQUANT_REQUIRE_WRITTEN(Args, q);
    return true;
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.x;
  }
  template <class Args>
  static const auto& output_of(const Args& args) {
    return args.q;
  }
  template <class Descriptor, class Args>
  static void check(Checks& checks, [[maybe_unused]] const Descriptor& descriptor, const Args& args) {
    KOKKOSQUANT_REQUIRE_DESCRIPTOR_OF_CODES(Descriptor, Args, q);
    if constexpr (!float8_type<code<Args>>) {
      checks.range(descriptor);
      checks.template range_fits<code<Args>>("q", descriptor);
    }
    checks.one_an_element("q", args.q, "x", args.x);
    checks.cells(args, granularity_of<Granularity>(args), "x", args.x);
    checks.has_data("x", args.x);
    checks.has_data("q", args.q);
    checks.own_elements("q", args.q);
    checks.apart("q", args.q, "x", args.x);
    checks.apart_from_cells("q", args.q, args);
  }

  template <class Exec, class Descriptor, class Args>
  static auto sweep(const Descriptor& descriptor, const Args& args, Mapping hint) {
    KOKKOSQUANT_REQUIRE_DESCRIPTOR_OF_CODES(Descriptor, Args, q);
    using T = data_type<Args>;
    const RowOrder order = row_order(shape_of(args));
    const auto element = [&] {
      if constexpr (float8_type<code<Args>>)
        return to_float8_element<code<Args>, Float8<code<Args>>::template QuantizeElement, Granularity, T>(descriptor, args,
                                                                                                           order);
      else
        return cell_element<QuantizeElement, Granularity, contract_of<Descriptor>, T>(descriptor, args, order);
    }();
    return make_sweep<Exec, Granularity>(element, args, args.x, outputs(args.q), inputs(args.x), hint);
  }
  template <class Args>
  static constexpr PrecisionGuarantee guarantee() {
    if constexpr (float8_type<code<Args>>)
      return {true, true, true, float8_ulp<code<Args>, data_type<Args>>};
    else
      return {true, true, true, 0.5};
  }
};

}  // namespace Impl

/// \name Quantize
/// \brief q[n,d] = clamp(r + zero_point, q_min, q_max), over the integers; r = x[n,d] / scale, rounded once in the compute
/// type (double for double, else float) and then to an integer, ties to even.
///
/// | member      | View                                                              | |
/// | ----------- | ----------------------------------------------------------------- | --- |
/// | x           | N x D of T, read                                                  | |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T    | read |
/// | zero_point  | the same of int; or no_zero_point                                 | read |
/// | q           | N x D of int8_t ... int32_t, float8_e4m3_t, float8_e5m2_t, or packed (int4x2_t ...), written | the codes |
/// | group       | PerGroup alone: PerGroup{columns}                                 | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                           | |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. q shares no memory with the rest.
///
/// Affine quantization as ONNX's QuantizeLinear defines it. Infinities saturate; where x / scale is NaN, q is
/// clamp(zero_point). The range must lie within q's type (constructing refuses others). The same bits on every execution
/// space, layout and number of threads; precision_guarantee().max_ulp is the quotient's. QuantizeDescriptorOf names other
/// rules.
///
/// Where q is of float8_e4m3_t or float8_e5m2_t, q[n,d] = RN_fp8(RN(x[n,d] / scale)), with no_zero_point and a
/// Float8Descriptor: it says whether what is too large, Inf among it, becomes the largest finite number (Overflow::saturate,
/// the default) or Inf, in E4M3 NaN (Overflow::non_finite). x / scale that is NaN is the code 0x7f. max_ulp is in units in the
/// last place of the code.
///
/// \snippet 08_in_your_code/in_your_code.cpp quantize
/// \snippet 06_op_family/op_family.cpp float8
/// \{
KOKKOSQUANT_OP_FAMILY(Quantize, , (class X, class Scale, class ZeroPoint, class Q), (X, Scale, ZeroPoint, Q),
                      (X x; Scale scale; ZeroPoint zero_point; Q q;));
/// \}

}  // namespace KokkosQuant
