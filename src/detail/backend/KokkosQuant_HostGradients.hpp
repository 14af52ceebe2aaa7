// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of 16 bits divided by their scales without a division: most blocks, on processors where a division of 16 floats
// takes longer than all else (docs/tuning.md).
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "../KokkosQuant_AffineQuick.hpp"
#include "KokkosQuant_HostBits.hpp"

namespace KokkosQuant::Impl {

#if defined(KOKKOSQUANT_HOST_AVX512)
template <class K, int W, int P>
concept divides_by_reciprocal =
    W == 16 && P % 2 == 0 && std::same_as<std::remove_cvref_t<K>, DividingConstants<Pack<float, 16>>>;

// dx where x is inside, else 0. False, and nothing of dx is to be used, where a quotient may be another than the division's. That is:
//  - dy is not 0 and below 2^-60 (no half is): a step may underflow. All others are right, and not subnormal (Markstein's condition, as
//    unit_tests/exhaustive checks it for all significands; scales that are quick are 2^-40 to 2^40, others have NaN for a reciprocal).
//  - dx is NaN: dy or the scale may be, or a step overflows: then the last is Inf minus Inf.
template <int P, class T>
KOKKOSQUANT_HOST_INLINE bool divide_gradients(const DividingConstants<Pack<float, 16>> (&k)[P], const T* stored,
                                              const Pack<float, 16> (&dy)[P], const Pack<float, 16> (&x)[P],
                                              Pack<float, 16> (&dx)[P]) {
  for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
    const auto scale = (__m512)k[p].scale.get(), inverse = (__m512)k[p].inverse.get();
    const auto numerator = (__m512)dy[p].get(), in = (__m512)x[p].get();
    const __mmask16 inside = _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(in, (__m512)k[p].in_min.get(), _CMP_GE_OQ), in,
                                                     (__m512)k[p].in_max.get(), _CMP_LE_OQ);
    const __m512 q = numerator * inverse;  // as corrected_quotient, the last step where x is inside
    const __m512 too_much = _mm512_fmsub_ps(q, scale, numerator);
    dx[p] = dx[p].of((vector_t<float, 16>)_mm512_maskz_fnmadd_ps(inside, too_much, inverse, q));
  });
  if constexpr (std::same_as<T, bfloat16_t>) {
    constexpr short least = ((127 - 60) << 8) - 1;
    __m512i lowest = _mm512_set1_epi16(-1);
    for_each_pack<P / 2>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
      const __m512i twice = _mm512_slli_epi16(_mm512_loadu_si512(stored + 32 * p), 1);
      lowest = _mm512_min_epu16(lowest, _mm512_add_epi16(twice, _mm512_set1_epi16(-1)));  // of 0 the largest
    });
    if (_mm512_cmplt_epu16_mask(lowest, _mm512_set1_epi16(least)) != 0) return false;
  }
  return !has_nan(dx);
}
#endif

}  // namespace KokkosQuant::Impl
