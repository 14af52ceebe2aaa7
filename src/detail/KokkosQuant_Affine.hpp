// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The affine quantizer: t = RN(x / s), r = t rounded to an integer (ties to even), and the integers r with
// q_min <= r + zp <= q_max. Forward and backward both start from quotient() and code_range(), each with its own constants
// of a row, so that an element costs compares and no 64-bit integers.
//
// V is a value of the compute type C, or a host pack of them; constants may be one for all lanes or one a lane. Their
// for_each(f, k...) calls f with each value that a lane has of its own, of several sets at once.
#pragma once

#include <cstdint>

#include "../KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Scalar.hpp"

namespace KokkosQuant::Impl {

KOKKOSQUANT_FOR_PACKS_TOO
template <class V, class S>
KOKKOS_FORCEINLINE_FUNCTION V quotient(const V& x, const S& scale) {
  return divide(x, scale);
}

// The integers r that are inside: 33 bits and a sign, so over int64 nothing overflows.
struct CodeRange {
  std::int64_t lo, hi;
};
KOKKOS_FORCEINLINE_FUNCTION CodeRange code_range(const QuantizeDescriptor& d, std::int32_t zero_point) {
  return {static_cast<std::int64_t>(d.q_min) - zero_point, static_cast<std::int64_t>(d.q_max) - zero_point};
}

// Up to here sums with a zero point are exact in float, and round_small holds; beyond it a row is computed in double.
inline constexpr std::int32_t moderate_integer = 1 << 21;
KOKKOS_FORCEINLINE_FUNCTION bool is_moderate(std::int32_t i) {
  return static_cast<std::uint32_t>(i) + moderate_integer <= 2u * moderate_integer;
}

// The smallest C whose ties-to-even integer is at least n. Where n - 1/2 is a C it is that tie, or for an odd n, which loses
// the tie, the next number; elsewhere the C are integers, and it is the first of them from n - 1/2 on. Without branches:
// compilers compute many in vectors (and gcc 12 does with integers for the conditions, not with bool).
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C next_above_if(std::int32_t next, C value) {  // 1 or 0; not of zero
  const auto bits = bits_as<integer_of<C>>(value), sign = bits >> (8 * sizeof(C) - 1);
  return bits_as<C>(bits + ((next ^ sign) - sign));
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C first_rounding_to_moderate(std::int32_t n) {  // |n| <= 2^(digits - 2)
  return next_above_if(n & 1, static_cast<C>(n) - C(0.5));
}
template <std::floating_point C, std::signed_integral I>
KOKKOS_FORCEINLINE_FUNCTION C first_rounding_to_any(I a, std::int32_t b) {  // n = a - b, |n| < 2^34
  const double tie = static_cast<double>(a) - static_cast<double>(b) - 0.5;
  const C first = static_cast<C>(tie);
  const std::int32_t loses = to_double(first) == tie ? static_cast<std::int32_t>((a ^ b) & 1) : 0;
  return next_above_if(to_double(first) < tie ? 1 : loses, first);
}

// ---- backward ---------------------------------------------------------------------------------------------------------

// inside is t_min <= t <= t_max: rounding is monotonic, so the bounds of r are bounds of t.
template <class V>
struct BackwardConstants {
  V scale, t_min, t_max;

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.t_min...), f(k.t_max...);
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION BackwardConstants<C> backward_constants(C scale, std::int32_t zero_point,
                                                                    const QuantizeDescriptor& d) {
#ifdef __CUDA_ARCH__  // nearly always, and without double
  if (is_moderate(zero_point) && is_moderate(d.q_min) && is_moderate(d.q_max))
    return {scale, first_rounding_to_moderate<C>(d.q_min - zero_point), -first_rounding_to_moderate<C>(zero_point - d.q_max)};
#endif
  return {scale, first_rounding_to_any<C>(d.q_min, zero_point), -first_rounding_to_any<C>(zero_point, d.q_max)};
}
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class V>
KOKKOS_FORCEINLINE_FUNCTION auto inside(const K& k, const V& x) {
  return within(quotient(x, k.scale), k.t_min, k.t_max);
}
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class V>
KOKKOS_FORCEINLINE_FUNCTION V quantize_backward(const K& k, const V& dy, const V& x) {
  return keep_if(inside(k, x), divide(dy, k.scale));
}

// ---- forward ----------------------------------------------------------------------------------------------------------

// q = clamp(r + zp) = clamp(r, lo, hi) + zp, and clamping before rounding is the same, as lo and hi are integers.
template <class V, class I>
struct QuantizeConstants {
  V scale, lo, hi;
  I zero_point;
  bool moderate;  // else lo, hi and the sum need double

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.lo...), f(k.hi...), f(k.zero_point...);
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION QuantizeConstants<C, integer_of<C>> quantize_constants(C scale, std::int32_t zero_point,
                                                                                   const QuantizeDescriptor& d) {
  const C zp = static_cast<C>(zero_point);  // sums with it are exact, or not moderate
  const bool moderate = sizeof(C) == 8 || (is_moderate(d.q_min) && is_moderate(d.q_max) && is_moderate(zero_point));
  return {scale, static_cast<C>(d.q_min) - zp, static_cast<C>(d.q_max) - zp, zero_point, moderate};
}
// moderate constants: any V
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class V>
KOKKOS_FORCEINLINE_FUNCTION auto quantize_moderate(const K& k, const V& x) {
  return round_small(clamp(nan_to_zero(quotient(x, k.scale)), k.lo, k.hi)) + k.zero_point;
}
// all constants: one element
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> quantize(const QuantizeConstants<C, integer_of<C>>& k, const QuantizeDescriptor& d,
                                                   C x) {
  if (sizeof(C) == 8 || k.moderate) return quantize_moderate(k, x);
  const auto zero_point = static_cast<std::int32_t>(k.zero_point);
  const CodeRange r = code_range(d, zero_point);
  const double t = nan_to_zero(to_double(quotient(x, k.scale)));
  return static_cast<integer_of<C>>(round_small(clamp(t, static_cast<double>(r.lo), static_cast<double>(r.hi))) + zero_point);
}

// ---- dequantize -------------------------------------------------------------------------------------------------------

template <class V, class I>
struct DequantizeConstants {
  V scale;
  I zero_point;
  std::int32_t moderate;  // 1, or 0: q - zp needs double (gcc 12 makes no vectors with a bool here)

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.zero_point...);
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION DequantizeConstants<C, integer_of<C>> dequantize_constants(C scale, std::int32_t zero_point) {
  const bool moderate = sizeof(C) == 8 || is_moderate(zero_point);
  return {scale, zero_point, moderate};
}
// moderate constants and codes: any V
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class I>
KOKKOS_FORCEINLINE_FUNCTION auto dequantize_moderate(const K& k, const I& q) {
  return multiply(from_small_integer(q - k.zero_point), k.scale);
}
// all constants and codes: one element
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C dequantize(const DequantizeConstants<C, integer_of<C>>& k, std::int32_t q) {
  const double steps = static_cast<double>(q) - static_cast<double>(k.zero_point);  // exact
  if constexpr (sizeof(C) == 8)
    return multiply(steps, k.scale);
  else
    return multiply(to_float(steps), k.scale);
}

}  // namespace KokkosQuant::Impl
