// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ranges of up to 16 cells: each is looked through by itself, and then the lanes of all are reduced together, to one of each in
// a vector. Cells of 128 elements take 0.85 (half), 0.90 (float), 0.95 (bfloat16) of the time with it, of 8 0.55 to 1.1.
#pragma once

#include <cstdint>

#include "KokkosQuant_HostBits.hpp"
#include "KokkosQuant_HostConvert.hpp"
#include "KokkosQuant_HostRange.hpp"

namespace KokkosQuant::Impl {

template <class C>
struct RangesOf16 {
  static constexpr int most = 16;
  alignas(64) C lo[most];
  alignas(64) C hi[most];
};

template <class C, class T, bool Magnitude>
struct HostRangesOf16 : RangesOf16<C> {
  using RangesOf16<C>::most, RangesOf16<C>::lo, RangesOf16<C>::hi;
  using Ranges = HostRanges<C, T, Magnitude>;
  using Rectangle = CellWalk::Rectangle;
  Ranges ranges;
  explicit HostRangesOf16(const Ranges& of) : ranges(of) {}

#if defined(KOKKOSQUANT_HOST_AVX512)
  static constexpr bool together = sizeof(C) == 4;
#else
  static constexpr bool together = false;
#endif

  KOKKOSQUANT_HOST_INLINE void look(int cell, const Rectangle& r) {
    if constexpr (together) {
#if defined(KOKKOSQUANT_HOST_AVX512)
      if (by_bits())
        put_keys(cell, r);
      else
        put_numbers(cell, ranges.template lanes_along<false>(r));
#endif
    } else {
      put(cell, ranges.along(r));
    }
  }
  // lo and hi of the first n; rectangle_of(cell) is as it was when that was looked through.
  template <class RectangleOf>
  KOKKOSQUANT_HOST_INLINE void finish([[maybe_unused]] int n, [[maybe_unused]] const RectangleOf& rectangle_of) {
#if defined(KOKKOSQUANT_HOST_AVX512)
    if constexpr (together) {
      for (int c = n; c < most; ++c) first[c] = second[c] = _mm512_setzero_si512();
      const bool finite = by_bits() ? finish_keys() : finish_numbers();
      if (!finite) [[unlikely]]
        for (int c = 0; c < n; ++c) put(c, ranges.along(rectangle_of(c)));
    }
#endif
  }

 private:
  KOKKOSQUANT_HOST_INLINE void put(int cell, const FiniteRange<C>& range) { lo[cell] = range.lo, hi[cell] = range.hi; }

#if defined(KOKKOSQUANT_HOST_AVX512)
  static constexpr __mmask16 all_16 = 0xffff;  // (gcc 12 warns of the functions without a mask)
  static constexpr __mmask8 all_8 = 0xff;
  // Lanes of each cell: of numbers the least, then the greatest; of keys both or the greatest.
  __m512i first[together ? most : 1], second[together ? most : 1];

  KOKKOSQUANT_HOST_INLINE bool by_bits() const { return is_ranged_by_bits<T, Magnitude> && ranges.x.inner == 1; }
  KOKKOSQUANT_HOST_INLINE void put_keys(int cell, const Rectangle& r) {
    if constexpr (is_ranged_by_bits<T, Magnitude>) {
      const auto keys = ranges.keys_along(r);
      const auto most_of = (__m512i)keys.most;
      if constexpr (sizeof(T) == 4) {
        first[cell] = most_of;
      } else if constexpr (Magnitude) {
        first[cell] = _mm512_max_epi16(most_of, _mm512_maskz_srli_epi32(all_16, most_of, 16));
      } else {  // in pairs of lanes: the greatest key, and of the others' complements
        const auto other = ~(__m512i)keys.least;
        constexpr __mmask32 odd = 0xaaaaaaaa;
        first[cell] = _mm512_max_epi16(_mm512_mask_mov_epi16(most_of, odd, _mm512_maskz_slli_epi32(all_16, other, 16)),
                                       _mm512_mask_mov_epi16(_mm512_maskz_srli_epi32(all_16, most_of, 16), odd, other));
      }
    }
  }
  KOKKOSQUANT_HOST_INLINE void put_numbers(int cell, const FiniteRange<Pack<C, 16>>& lanes) {
    first[cell] = (__m512i)lanes.lo.get(), second[cell] = (__m512i)lanes.hi.get();
  }

  // Of all lanes of 16 vectors, one of each in a lane. Four times two vectors of so many are one of both.
  template <class Op>
  static KOKKOSQUANT_HOST_INLINE __m512i reduced(const __m512i (&of)[most], const Op& op) {
    __m512i by_2[8], by_4[4], by_8[2];
    for_each_pack<8>([&](auto i) KOKKOSQUANT_HOST_LAMBDA {
      const __m512i a = of[2 * i], b = of[2 * i + 1];
      by_2[i] = op(_mm512_maskz_unpacklo_epi32(all_16, a, b), _mm512_maskz_unpackhi_epi32(all_16, a, b));
    });
    for_each_pack<4>([&](auto i) KOKKOSQUANT_HOST_LAMBDA {
      const __m512i a = by_2[2 * i], b = by_2[2 * i + 1];
      by_4[i] = op(_mm512_maskz_unpacklo_epi64(all_8, a, b), _mm512_maskz_unpackhi_epi64(all_8, a, b));
    });
    const auto quarters = [&](__m512i a, __m512i b) KOKKOSQUANT_HOST_LAMBDA {
      return op(_mm512_maskz_shuffle_i32x4(all_16, a, b, 0x88), _mm512_maskz_shuffle_i32x4(all_16, a, b, 0xdd));
    };
    for_each_pack<2>([&](auto i) KOKKOSQUANT_HOST_LAMBDA { by_8[i] = quarters(by_4[2 * i], by_4[2 * i + 1]); });
    return quarters(by_8[0], by_8[1]);
  }
  KOKKOSQUANT_HOST_INLINE bool finish_keys() {
    if constexpr (sizeof(T) == 4) {
      const __m512i key =
          reduced(first, [](__m512i a, __m512i b) KOKKOSQUANT_HOST_LAMBDA { return _mm512_maskz_max_epi32(all_16, a, b); });
      return finish_range(_mm512_setzero_ps(), (__m512)key);
    } else {
      const __m512i key = reduced(first, [](__m512i a, __m512i b) KOKKOSQUANT_HOST_LAMBDA { return _mm512_max_epi16(a, b); });
      const __m512 greatest = number(_mm512_maskz_srai_epi32(all_16, _mm512_maskz_slli_epi32(all_16, key, 16), 16));
      if constexpr (Magnitude) return finish_range(_mm512_setzero_ps(), greatest);
      return finish_range(number(~_mm512_maskz_srai_epi32(all_16, key, 16)), greatest);
    }
  }
  KOKKOSQUANT_HOST_INLINE bool finish_numbers() {
    using V = Pack<C, 16>;
    const auto of = [](__m512i bits) KOKKOSQUANT_HOST_LAMBDA { return V::of((vector_t<C, 16>)bits); };
    const auto smaller = [&](__m512i a, __m512i b) KOKKOSQUANT_HOST_LAMBDA { return (__m512i)least(of(a), of(b)).get(); };
    const auto larger = [&](__m512i a, __m512i b) KOKKOSQUANT_HOST_LAMBDA { return (__m512i)greatest(of(a), of(b)).get(); };
    return finish_range((__m512)reduced(first, smaller), (__m512)reduced(second, larger));
  }
  // a key of 16 bits as its number
  static KOKKOSQUANT_HOST_INLINE __m512 number(__m512i key) {
    const __m512i bits = key ^ (_mm512_maskz_srai_epi32(all_16, key, 16) & _mm512_set1_epi32(0x7fff));
    if constexpr (std::is_same_v<T, half_t>)
      return _mm512_maskz_cvtph_ps(all_16, _mm512_maskz_cvtepi32_epi16(all_16, bits));
    else
      return (__m512)_mm512_maskz_slli_epi32(all_16, bits, 16);
  }
  KOKKOSQUANT_HOST_INLINE bool finish_range(__m512 least, __m512 greatest) {
    _mm512_store_ps(lo, least);
    _mm512_store_ps(hi, greatest);
    const __m512 largest = _mm512_set1_ps(largest_finite<float>);
    return (_mm512_cmp_ps_mask(least, -largest, _CMP_GE_OQ) & _mm512_cmp_ps_mask(greatest, largest, _CMP_LE_OQ)) == 0xffff;
  }
#endif
};

}  // namespace KokkosQuant::Impl
