// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The affine quantizer by the library's own rules: the forms of KokkosQuant_Affine.hpp, and those without divisions of
// KokkosQuant_AffineQuick.hpp, under the names that element functions call.
#pragma once

#include <concepts>
#include <cstdint>

#include "../KokkosQuant_Contract.hpp"
#include "KokkosQuant_AffineQuick.hpp"

namespace KokkosQuant::Impl {

template <Contract Rules>
struct Affine;

template <>
struct Affine<contracts::reference> {
  template <class V, class I>
  using forward_constants = QuantizeConstants<V, I>;
  template <class V, class I>
  using code_constants = CodeConstants<V, I>;
  template <class V, class>
  using mask_constants = BackwardConstants<V>;
  template <class V, class>
  using inside_constants = InsideConstants<V>;
  // Of straight-through gradients, for packs: a mask in double takes no division either, where there are fused steps. Divides16: nor does
  // a gradient in 16 bits that is divided, where it pays.
  template <class I>
  static constexpr bool by_reciprocal = host_packs_fuse && sizeof(lane_of<I>) == 8;
  template <class V, class I, bool Divides16>
  using gradient_constants = std::conditional_t<
      by_reciprocal<I>, QuickBackwardConstants<V>,
      std::conditional_t<Divides16 && host_packs_avoid_division<float>, DividingConstants<V>, InsideConstants<V>>>;

  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto forward(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return quantize_constants(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto mask(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return backward_constants(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto inside_of_cell(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return Impl::inside_constants(scale, zero_point, d);
  }
  template <bool Divides16, std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION gradient_constants<C, integer_of<C>, Divides16> gradient_of_cell(
      C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    if constexpr (by_reciprocal<integer_of<C>>)
      return quick_backward_constants(scale, zero_point, d);
    else if constexpr (Divides16 && host_packs_avoid_division<float>)
      return {Impl::inside_constants(scale, zero_point, d), inverse_or_nan(scale)};
    else
      return Impl::inside_constants(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION std::int32_t zero_point(const QuantizeConstants<C, integer_of<C>>& k) {
    return zero_point_of(k);
  }
  template <class V, class I>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const QuantizeConstants<V, I>& k) {
    return k.moderate;
  }
  template <class V>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const InsideConstants<V>& k) {
    return k.simple != 0;
  }
  template <class V, class I>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const CodeConstants<V, I>& k) {
    return k.simple != 0;
  }
  template <class V>
  static KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_simple(const QuickBackwardConstants<V>& k) {
    return k.quick;
  }
  // packs of codes in bytes
  static KOKKOS_FORCEINLINE_FUNCTION auto codes_of_cell(float scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return Impl::code_constants(scale, zero_point, d);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class V, class I, class X>
  static KOKKOS_FORCEINLINE_FUNCTION auto code(const CodeConstants<V, I>& k, const X& x, const QuantizeDescriptor& d) {
    return code_of_bits(k, Impl::rounded_bits(quotient(x, k.scale)), d);
  }
  // of most packs; with the constants' `shifted` they are codes, but not clamped
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class V, class I, class X>
  static KOKKOS_FORCEINLINE_FUNCTION auto rounded_bits(const CodeConstants<V, I>& k, const X& x) {
    return quick_rounded_bits(k, x);
  }
  // codes of most packs, or what comes back of them, and t, which tells whether all are right: where it is not NaN
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class I, class X>
  static KOKKOS_FORCEINLINE_FUNCTION X code_by_reciprocal(const K& k, I& code, const X& x) {
    const X t = quick_quotient_or_nan(k, x);
    code = round_small_and_add(clamp(t, k.lo, k.hi), k.shifted);
    return t;
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class X>
  static KOKKOS_FORCEINLINE_FUNCTION X fake_by_reciprocal(const K& k, X& y, const X& x) {
    const X t = quick_quotient_or_nan(k, x);
    y = multiply(clamp(rounded_small(t), k.lo, k.hi), k.scale);
    return t;
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION V to_be_rounded(const K& k, const V& x) {
    return quotient(x, k.scale);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto inside(const K& k, const V& x) {
    return Impl::inside(k, x);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class C, class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto inside(const K& k, const V& x, const V& t) {
    return inside_of<C>(k, x, t);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class C, class V, class X>
  static KOKKOS_FORCEINLINE_FUNCTION auto passes(const InsideConstants<V>& k, const X& x) {
    return inside_of<C>(k, x, quotient(x, k.scale));
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class, class V, class X>
  static KOKKOS_FORCEINLINE_FUNCTION auto passes(const QuickBackwardConstants<V>& k, const X& x) {
    return quick_inside_of_doubles(k, x);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class M, class V>
  static KOKKOS_FORCEINLINE_FUNCTION V masked(const M& kept, const V& gradient) {
    return keep_if(kept, gradient);
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION auto code(const K& k, const V& x) {
    return Impl::code_of(k, quotient(x, k.scale));
  }
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION V fake_of(const K& k, const V& t) {
    return multiply(steps_of(k, t), k.scale);
  }
  // of t that is inside
  KOKKOSQUANT_FOR_PACKS_TOO
  template <class K, class V>
  static KOKKOS_FORCEINLINE_FUNCTION V fake_of_inside(const K& k, const V& t) {
    return multiply(rounded_small(t), k.scale);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto any_code(const QuantizeConstants<C, integer_of<C>>& k, const QuantizeDescriptor& d,
                                                   C x) {
    return quantize(k, d, x);
  }

  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_forward(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return quick_quantize_constants(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_forward_of_lanes(C scale, std::int32_t zero_point,
                                                                 const QuantizeDescriptor& d) {
    return quick_quantize_constants<true>(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_mask(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    return quick_backward_constants(scale, zero_point, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_mask_of_lanes(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
    if constexpr (sizeof(C) == 4)
      return lane_backward_constants(scale, zero_point, d);
    else
      return quick_backward_constants(scale, zero_point, d);
  }
  template <class K, std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION bool quick_inside(const K& k, C x) {
    return Impl::quick_inside(k, x);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION auto quick_code(const QuickQuantizeConstants<C>& k, C x) {
    return quick_quantize(k, x);
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION auto reach(const K& k) {
    return k.reach;
  }
  template <class K>
  static KOKKOS_FORCEINLINE_FUNCTION std::uint32_t quick_pair(const K& k_low, const K& k_high, float low, float high,
                                                              const QuantizeDescriptor& d) {
    return quick_quantize_pair(k_low, k_high, low, high, d);
  }
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION bool can_divide(C dividend) {
    return is_quick_numerator(dividend);
  }
  static constexpr float largest_dividend = 0x1p80f;  // that it can (and the least one, of 16 bits, is QuickInputs')
  template <std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION bool can_quantize(C x) {
    return x == x;
  }
  template <class K, std::floating_point C>
  static KOKKOS_FORCEINLINE_FUNCTION C quick_divide(const K& k, C dividend) {
    return quick_quotient(dividend, k.scale, k.inverse);
  }
};

}  // namespace KokkosQuant::Impl
