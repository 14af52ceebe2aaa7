// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The same bits as detail/KokkosQuant_Affine.hpp by the reciprocal of a row's scale: products and sums without a branch, so
// that a device has many elements of a thread in flight, where a division is a branch of its own.
//
// With y = RN(1/s), q0 = RN(x*y) is less than two ulp off; each correction q + RN(x - s*q)*y, one rounding a fused step,
// brings it closer. From a quotient within one ulp the last step is correctly rounded (Markstein 1990; Cornea-Hasegan,
// Golliver, Markstein: "Correctness proofs outline for Newton-Raphson based floating-point divide and square root
// algorithms", ARITH-14, 1999), if nothing over- or underflows: so two corrections always do. In float one is enough:
// unit_tests/exhaustive divides all 2^46 pairs of significands, and none differs (docs/gpu.md). Where nothing is left to correct, +0 is
// taken off, and so -0 stays. (It is the inverse that is negated: of a negated fused step gcc makes one whose +0 is not negated.)
#pragma once

#include <cstdint>

#include "KokkosQuant_Affine.hpp"
#include "backend/KokkosQuant_DevicePairs.hpp"

namespace KokkosQuant::Impl {

template <std::floating_point C>
inline constexpr int sufficient_corrections = sizeof(C) == 4 ? 1 : 2;

KOKKOSQUANT_FOR_PACKS_TOO
template <int Corrections, class V, class S>
KOKKOS_FORCEINLINE_FUNCTION V corrected_quotient(const V& x, const S& scale, const S& inverse) {
  V q = multiply(x, inverse);
  for (int c = 0; c < Corrections; ++c) q = fused_multiply_add(fused_multiply_add(q, scale, -x), -inverse, q);
  return q;
}

template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C quick_quotient(C x, C scale, C inverse) {
  return corrected_quotient<sufficient_corrections<C>>(x, scale, inverse);
}

// All other scales divide.
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION bool is_quick_scale(C scale) {
  return both(scale >= 1 / largest_quick_scale<C>, scale <= largest_quick_scale<C>);
}
// A numerator whose quotient is exact with them: zero, or far from both ends of the exponents.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t quick_order(float x) {
  return 2 * bits_as<std::uint32_t>(x) - 1;  // of zero the largest
}
inline constexpr std::uint32_t least_quick_order = (std::uint32_t(127 - 60) << 24) - 1;
KOKKOS_FORCEINLINE_FUNCTION bool is_quick_numerator(float x) {
  return quick_order(x) >= least_quick_order && 2 * bits_as<std::uint32_t>(x) <= std::uint32_t(127 + 80) << 24;
}
KOKKOS_FORCEINLINE_FUNCTION bool is_quick_numerator(double x) {
  const std::uint64_t magnitude = bits_as<std::uint64_t>(x) << 1;
  return magnitude - 1 >= (std::uint64_t(1023 - 60) << 53) - 1 && magnitude <= (std::uint64_t(1023 + 80) << 53);
}

// ---- backward ---------------------------------------------------------------------------------------------------------

template <class V>
struct QuickBackwardConstants {
  V scale, inverse, t_min, t_max;
  bool quick;

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    f(k.scale...), f(k.inverse...), f(k.t_min...), f(k.t_max...);
  }
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION QuickBackwardConstants<C> quick_backward_constants(C scale, std::int32_t zero_point,
                                                                               const QuantizeDescriptor& d) {
  const BackwardConstants<C> k = backward_constants(scale, zero_point, d);
  return {scale, divide(C(1), scale), k.t_min, k.t_max, is_quick_scale(scale)};
}
// Where each lane of a device's pack has its own: fewer, which are had in fewer instructions.
struct LaneBackwardConstants {
  float scale, inverse;
  std::uint32_t to_code;  // of the bits of t + round_shift, in steps above q_min
  std::uint32_t steps;    // up to q_max
  bool quick;
};
KOKKOS_FORCEINLINE_FUNCTION LaneBackwardConstants lane_backward_constants(float scale, std::int32_t zero_point,
                                                                          const QuantizeDescriptor& d) {
  const auto bits_of = [](std::int32_t n) { return static_cast<std::uint32_t>(n); };
  return {scale, quick_inverse(scale), bits_of(zero_point) - bits_of(d.q_min) - round_shift_bits<float>,
          bits_of(d.q_max) - bits_of(d.q_min),
          is_quick_scale(scale) && is_moderate(zero_point) && is_moderate(d.q_min) && is_moderate(d.q_max)};
}
// For packs of 16-bit gradients: bounds of x, and the reciprocal or NaN (backend/KokkosQuant_HostGradients.hpp).
template <class V>
struct DividingConstants : InsideConstants<V> {
  V inverse;

  template <class F, class... K>
  static void for_each(const F& f, K&... k) {
    InsideConstants<V>::for_each(f, k...);
    f(k.inverse...);
  }
};
// x is any: where a step of its quotient overflows or is NaN, the true one is far outside or NaN, and both compare as outside
// (bounds are below 2^34, and t is above 2^39 there); where one underflows, |t| is far below the least bound, 1/2.
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION bool quick_inside(const QuickBackwardConstants<C>& k, C x) {
  return within(quick_quotient(x, k.scale, k.inverse), k.t_min, k.t_max);
}
// The bits of sums of round_shift's exponent count codes; all others, of NaN too, are 2^22 codes away and more.
KOKKOS_FORCEINLINE_FUNCTION bool quick_inside(const LaneBackwardConstants& k, float x) {
  const float shifted = add(quick_quotient(x, k.scale, k.inverse), round_shift<float>);
  return bits_as<std::uint32_t>(shifted) + k.to_code <= k.steps;
}
// of packs of doubles
KOKKOSQUANT_FOR_PACKS_TOO
template <class V, class X>
KOKKOS_FORCEINLINE_FUNCTION auto quick_inside_of_doubles(const QuickBackwardConstants<V>& k, const X& x) {
  return within(corrected_quotient<sufficient_corrections<double>>(x, k.scale, k.inverse), k.t_min, k.t_max);
}
// dy is a quick numerator
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C quick_quantize_backward(const QuickBackwardConstants<C>& k, C dy, C x) {
  return keep_if(quick_inside(k, x), quick_quotient(dy, k.scale, k.inverse));
}

// ---- forward ----------------------------------------------------------------------------------------------------------

// x, not NaN, is clamped in place of t, to RN(lo*s) and RN(hi*s), whose quotients round to lo and hi: |lo|, |hi| <= 2^21.
template <std::floating_point C>
struct QuickQuantizeConstants {
  C scale, inverse, x_lo, x_hi;
  integer_of<C> zero_point;
  bool quick;
  C reach;  // of |x| up to it codes need 16 bits before they are clamped; or -1
};
// OfLane: for many at once. (Of a cell's constants a branch an inverse is faster: bfloat16 to int8 0.99 in place of 0.94, D = 4096, H200.)
template <bool OfLane = false, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION QuickQuantizeConstants<C> quick_quantize_constants(C scale, std::int32_t zero_point,
                                                                               const QuantizeDescriptor& d) {
  const bool quick =
      is_quick_scale(scale) && is_quick_integer(zero_point) && is_quick_integer(d.q_min) && is_quick_integer(d.q_max);
  const std::int32_t origin = quick ? zero_point : 0;
  return {scale,
          OfLane ? quick_inverse(scale) : divide(C(1), scale),
          multiply(static_cast<C>(quick ? d.q_min - origin : 0), scale),
          multiply(static_cast<C>(quick ? d.q_max - origin : 0), scale),
          zero_point,
          quick,
          quick && origin >= -(1 << 14) && origin <= 1 << 14 ? multiply(C(0x1p13), scale) : C(-1)};
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> quick_quantize(const QuickQuantizeConstants<C>& k, C x) {
  return round_small(quick_quotient(clamp(x, k.x_lo, k.x_hi), k.scale, k.inverse)) + k.zero_point;
}
// For packs, without branches (see first_rounding_to_moderate).
KOKKOS_FORCEINLINE_FUNCTION CodeConstants<float, std::int32_t> code_constants(float scale, std::int32_t zero_point,
                                                                              const QuantizeDescriptor& d) {
  return {scale, inverse_or_nan(scale), shifted_zero_point<float>(zero_point), all_moderate(zero_point, d)};
}
// t, to be clamped before or after it is rounded: right, or NaN, or so small that it rounds to 0 (see quick_inside).
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class V>
KOKKOS_FORCEINLINE_FUNCTION V quick_quotient_or_nan(const K& k, const V& x) {
  return corrected_quotient<sufficient_corrections<typename V::value_type>>(x, k.scale, k.inverse);
}
// The bits of t + round_shift. Those of |t| < 2^22 have round_shift's exponent, and no others have: not NaN, and not what over- or
// underflowed on the way. (float{...}: packs take the other operand by reference, and nvcc finds no such constant for a device's code,
// which it makes of this in programs that have plans for hosts alone.)
KOKKOSQUANT_FOR_PACKS_TOO
template <class K, class V>
KOKKOS_FORCEINLINE_FUNCTION auto quick_rounded_bits(const K& k, const V& x) {
  return to_bits(corrected_quotient<sufficient_corrections<float>>(x, k.scale, k.inverse) + float{round_shift<float>});
}

// t is clamped after it was rounded by adding round_shift, and x inside where that changes nothing. |x| is 2^80 at most.
template <std::floating_point C>
struct QuickRoundingConstants {
  C scale, inverse;
  C lo, hi;  // round_shift + q_min - zp, round_shift + q_max - zp
  bool quick;
};
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION QuickRoundingConstants<C> quick_rounding_constants(C scale, std::int32_t zero_point,
                                                                               const QuantizeDescriptor& d) {
  const bool quick =
      is_quick_scale(scale) && is_quick_integer(zero_point) && is_quick_integer(d.q_min) && is_quick_integer(d.q_max);
  const std::int32_t origin = quick ? zero_point : 0;
  const auto shifted = [&](std::int32_t q) { return bits_as<C>(round_shift_bits<C> + (quick ? q - origin : 0)); };
  return {scale, quick ? divide(C(1), scale) : C(0), shifted(d.q_min), shifted(d.q_max), quick};
}
// q - zp, as a number; and whether nothing was clamped
template <class K, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C quick_steps(const K& k, C x, bool& is_inside) {
  const C rounded = quick_quotient(x, k.scale, k.inverse) + round_shift<C>, in_range = clamp(rounded, k.lo, k.hi);
  is_inside = in_range == rounded;
  return in_range - round_shift<C>;
}

// Of two x within reach a word of both, for codes of a byte or less.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t quick_quantize_pair(const QuickQuantizeConstants<float>& k_low,
                                                              const QuickQuantizeConstants<float>& k_high, float low,
                                                              float high, const QuantizeDescriptor& d) {
  const auto rounded = [](const QuickQuantizeConstants<float>& k, float x) {  // in its low half
    return bits_as<std::uint32_t>(quick_quotient(x, k.scale, k.inverse) + round_shift<float>);
  };
  static_assert((round_shift_bits<float> & 0xffff) == 0);
  const auto halves = [](auto of_low, auto of_high) {
    return select_bytes<low_halves>(static_cast<std::uint32_t>(of_low), static_cast<std::uint32_t>(of_high));
  };
  return clamped_sums(halves(rounded(k_low, low), rounded(k_high, high)), halves(k_low.zero_point, k_high.zero_point),
                      twice(d.q_min), twice(d.q_max));
}

}  // namespace KokkosQuant::Impl
