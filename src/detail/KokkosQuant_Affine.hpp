// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The affine quantizer: t = RN(x / s), r = t rounded to an integer (ties to even), and the integers r with
// q_min <= r + zp <= q_max. Forward and backward both start from quotient() and code_range(), each with its own constants
// of a row, so that an element costs compares and no 64-bit integers.
//
// V is a value of the compute type C, or a host pack of them; constants may be one for all lanes or one a lane.
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
KOKKOS_FORCEINLINE_FUNCTION bool is_moderate(std::int32_t i) { return i >= -moderate_integer && i <= moderate_integer; }

// The smallest C whose ties-to-even integer is at least n. Where n - 1/2 is a C it is that tie, or for an odd n, which loses
// the tie, the next number; elsewhere the C are integers, and it is the first of them from n - 1/2 on.
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C next_above(C value) {  // not of zero
  return bits_as<C>(bits_as<integer_of<C>>(value) + (value > 0 ? 1 : -1));
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C first_rounding_to_moderate(std::int32_t n) {  // |n| <= 2^(digits - 2)
  const C tie = static_cast<C>(n) - C(0.5);
  return (n & 1) != 0 ? next_above(tie) : tie;
}
template <std::floating_point C>
KOKKOS_INLINE_FUNCTION C first_rounding_to_any(std::int64_t n) {  // |n| < 2^34
  const double tie = static_cast<double>(n) - 0.5;
  const C first = static_cast<C>(tie);
  const bool loses = static_cast<double>(first) == tie && (n & 1) != 0;
  return loses || static_cast<double>(first) < tie ? next_above(first) : first;
}

// ---- backward ---------------------------------------------------------------------------------------------------------

// inside is t_min <= t <= t_max: rounding is monotonic, so the bounds of r are bounds of t.
template <class V>
struct BackwardConstants {
  V scale, t_min, t_max;

  template <class C>
  KOKKOS_FORCEINLINE_FUNCTION void set_lane(int lane, const BackwardConstants<C>& one) {
    scale.lane[lane] = one.scale;
    t_min.lane[lane] = one.t_min;
    t_max.lane[lane] = one.t_max;
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION BackwardConstants<C> backward_constants(C scale, std::int32_t zero_point,
                                                                    const QuantizeDescriptor& d) {
  if (is_moderate(zero_point) && is_moderate(d.q_min) && is_moderate(d.q_max))  // 32-bit integers, nearly always
    return {scale, first_rounding_to_moderate<C>(d.q_min - zero_point), -first_rounding_to_moderate<C>(zero_point - d.q_max)};
  const CodeRange r = code_range(d, zero_point);
  return {scale, first_rounding_to_any<C>(r.lo), -first_rounding_to_any<C>(-r.hi)};
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

  template <class C, class J>
  KOKKOS_FORCEINLINE_FUNCTION void set_lane(int lane, const QuantizeConstants<C, J>& one) {
    scale.lane[lane] = one.scale;
    lo.lane[lane] = one.lo;
    hi.lane[lane] = one.hi;
    zero_point.lane[lane] = one.zero_point;
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION QuantizeConstants<C, integer_of<C>> quantize_constants(C scale, std::int32_t zero_point,
                                                                                   const QuantizeDescriptor& d) {
  const CodeRange r = code_range(d, zero_point);
  const bool moderate = sizeof(C) == 8 || (is_moderate(zero_point) && is_moderate(d.q_min) && is_moderate(d.q_max));
  return {scale, static_cast<C>(r.lo), static_cast<C>(r.hi), zero_point, moderate};
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
  bool moderate;  // else q - zp needs double

  template <class C, class J>
  KOKKOS_FORCEINLINE_FUNCTION void set_lane(int lane, const DequantizeConstants<C, J>& one) {
    scale.lane[lane] = one.scale;
    zero_point.lane[lane] = one.zero_point;
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION DequantizeConstants<C, integer_of<C>> dequantize_constants(C scale, std::int32_t zero_point) {
  return {scale, zero_point, sizeof(C) == 8 || is_moderate(zero_point)};
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
