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

// Conditions that are joined without a branch, so that the constants of many cells are computed in vectors.
KOKKOS_FORCEINLINE_FUNCTION constexpr std::int32_t one_if(bool condition) { return condition ? 1 : 0; }
KOKKOS_FORCEINLINE_FUNCTION constexpr bool both(bool a, bool b) { return (one_if(a) & one_if(b)) != 0; }
KOKKOS_FORCEINLINE_FUNCTION std::int32_t all_moderate(std::int32_t zero_point, const QuantizeDescriptor& d) {
  return one_if(is_moderate(d.q_min)) & one_if(is_moderate(d.q_max)) & one_if(is_moderate(zero_point));
}

inline constexpr std::int32_t quick_integer = 1 << 20;
KOKKOS_FORCEINLINE_FUNCTION bool is_quick_integer(std::int32_t i) {
  return static_cast<std::uint32_t>(i) + quick_integer <= 2u * quick_integer;
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

// The same for packs. In float as bounds of x, so that an element's mask takes no division; in double, where x's bounds would need
// more digits than there are and memory is the limit, of t.
template <class V>
struct InsideConstants {
  V scale, in_min, in_max;
  std::int32_t simple;  // 1, or 0: packs cannot be computed

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.in_min...), f(k.in_max...);
  }
};
template <std::floating_point C>
inline constexpr bool bounds_input = sizeof(C) == 4;

// The smallest float x for which RN(x / s) rounds to the integer n or a larger one, s > 0, given n - 1/2, |n| <= 2^21, and n's
// lowest bit. h = n - 1/2 is a float whose last bit is 0. RN(x / s) must be h at least, if n is even, which the tie then rounds
// to; so x/s must reach the middle between h and the float below, where a tie goes to h. Else RN(x / s) must be above h, and x/s
// above the middle between h and the next float, where a tie goes to h. These middles have 25 digits, and with a float s an exact
// product in double, 2^-49 of it away from any float that it is not. So that "above" is "at least" too, half of that is added.
KOKKOS_FORCEINLINE_FUNCTION float first_input_rounding_to(double h, std::int32_t odd, double scale) {
  constexpr std::int64_t exponent = std::int64_t(0x7ff) << 52, digits = std::int64_t(24) << 52;
  const std::int64_t half_ulp = (bits_as<std::int64_t>(h) & exponent) - digits;  // of float, at h
  const std::int64_t sign = std::numeric_limits<std::int64_t>::min(), half = std::int64_t(1) << 27;
  const auto to_middle = bits_as<double>(half_ulp | (sign ^ ((sign ^ half) & -static_cast<std::int64_t>(odd))));
  const double reached = (h + to_middle) * scale;
  const float first = to_float(reached);
  return next_above_if(to_double(first) < reached ? 1 : 0, first);
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION InsideConstants<C> inside_constants(C scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
  if constexpr (bounds_input<C>) {
    const double zp = static_cast<double>(zero_point), s = to_double(scale);
    const float lo = first_input_rounding_to((static_cast<double>(d.q_min) - 0.5) - zp, (d.q_min ^ zero_point) & 1, s);
    const float hi = -first_input_rounding_to(zp - (static_cast<double>(d.q_max) + 0.5), (d.q_max ^ zero_point) & 1, s);
    // Nothing is inside where s is 0 or NaN. A finite one keeps Inf out: the bounds' products are far below double's largest.
    const auto bits = bits_as<std::int32_t>(scale);
    const std::int32_t simple = one_if(bits >= 0) & one_if(bits != 0x7f800000) & one_if(is_quick_integer(zero_point)) &
                                one_if(is_quick_integer(d.q_min)) & one_if(is_quick_integer(d.q_max));
    const auto or_nan = bits_as<float>(bits_as<std::int32_t>(lo) | (-one_if(bits == 0) & 0x7fffffff));
    return {scale, or_nan, hi, simple};
  } else {
    const BackwardConstants<C> k = backward_constants(scale, zero_point, d);
    return {scale, k.t_min, k.t_max, 1};
  }
}
// t is read in double alone
KOKKOSQUANT_FOR_PACKS_TOO
template <std::floating_point C, class K, class V>
KOKKOS_FORCEINLINE_FUNCTION auto inside_of(const K& k, const V& x, const V& t) {
  return within(bounds_input<C> ? x : t, k.in_min, k.in_max);
}

// ---- forward ----------------------------------------------------------------------------------------------------------

// Scales with whose reciprocal a quotient can be had (KokkosQuant_AffineQuick.hpp): no step over- or underflows, for the x that matter.
template <std::floating_point C>
inline constexpr C largest_quick_scale = sizeof(C) == 8 ? C(0x1p400) : C(0x1p40);
// 1/scale, or NaN
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C inverse_or_nan(C scale) {
  const integer_of<C> slow = one_if(!(scale >= 1 / largest_quick_scale<C>)) | one_if(!(scale <= largest_quick_scale<C>));
  return bits_as<C>(bits_as<integer_of<C>>(divide(C(1), scale)) | (-slow & std::numeric_limits<integer_of<C>>::max()));
}

// q = clamp(r + zp) = clamp(r, lo, hi) + zp, and clamping before rounding is the same, as lo and hi are integers.
template <class V, class I>
struct QuantizeConstants {
  V scale, inverse, lo, hi;  // the inverse where packs avoid a division
  I shifted;                 // zero_point - round_shift_bits: what rounding leaves in the integer is taken off with it
  std::int32_t moderate;     // 1, or 0: lo, hi and the sum need double

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.inverse...), f(k.lo...), f(k.hi...), f(k.shifted...);
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION std::int32_t zero_point_of(const QuantizeConstants<C, integer_of<C>>& k) {
  using U = std::make_unsigned_t<integer_of<C>>;
  return static_cast<std::int32_t>(static_cast<U>(k.shifted) + static_cast<U>(round_shift_bits<C>));
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> shifted_zero_point(std::int32_t zero_point) {  // (wraps where it is not moderate)
  using U = std::make_unsigned_t<integer_of<C>>;
  return static_cast<integer_of<C>>(static_cast<U>(zero_point) - static_cast<U>(round_shift_bits<C>));
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION QuantizeConstants<C, integer_of<C>> quantize_constants(C scale, std::int32_t zero_point,
                                                                                   const QuantizeDescriptor& d) {
  const C zp = static_cast<C>(zero_point);  // sums with it are exact, or not moderate
  const std::int32_t moderate = sizeof(C) == 8 ? 1 : all_moderate(zero_point, d);
  return {scale,
          host_packs_avoid_division<C> ? inverse_or_nan(scale) : C(0),
          static_cast<C>(d.q_min) - zp,
          static_cast<C>(d.q_max) - zp,
          shifted_zero_point<C>(zero_point),
          moderate};
}
// Of t, with moderate constants: the code, and r clamped, from which dequantize is a product away. Any V.
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class V>
KOKKOS_FORCEINLINE_FUNCTION auto code_of(const K& k, const V& t) {
  return round_small_and_add(clamp(nan_to_zero(t), k.lo, k.hi), k.shifted);
}
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class V>
KOKKOS_FORCEINLINE_FUNCTION V steps_of(const K& k, const V& t) {
  return rounded_small(clamp(nan_to_zero(t), k.lo, k.hi));
}
// all constants: one element
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> quantize(const QuantizeConstants<C, integer_of<C>>& k, const QuantizeDescriptor& d,
                                                   C x) {
  const C t = quotient(x, k.scale);
  if (sizeof(C) == 8 || k.moderate) return code_of(k, t);
  const std::int32_t zero_point = zero_point_of(k);
  const CodeRange r = code_range(d, zero_point);
  const double u = clamp(nan_to_zero(to_double(t)), static_cast<double>(r.lo), static_cast<double>(r.hi));
  return static_cast<integer_of<C>>(round_small(u) + zero_point);
}

// The same for packs of float, which round t by adding round_shift and go on with the bits of the sum: integers in their order.
// `inverse` is 1/scale, or NaN where no quotient can be had from it without a division.
template <class V, class I>
struct CodeConstants {
  V scale, inverse;
  I shifted;            // as above; codes are clamped as integers, to the range that all cells share
  std::int32_t simple;  // 1, or 0: packs cannot be computed

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.inverse...), f(k.shifted...);
  }
};
// Of any t: below -2^22 every moderate range is left whatever the zero point, and above 2^22 bits only grow, up to those of Inf.
KOKKOSQUANT_FOR_PACKS_TOO
template <class V>
KOKKOS_FORCEINLINE_FUNCTION auto rounded_bits(const V& t) {
  return to_bits(greatest(nan_to_zero(t), -0x1p22f) + float{round_shift<float>});
}
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class I>
KOKKOS_FORCEINLINE_FUNCTION auto code_of_bits(const K& k, const I& bits, const QuantizeDescriptor& d) {
  return clamp(bits + k.shifted, d.q_min, d.q_max);
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
