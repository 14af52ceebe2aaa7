// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packs to and from memory: W elements as they are stored <-> one pack of what they are computed in. 16-bit types widen and
// narrow here, with the bits of detail/KokkosQuant_Float16.hpp.
#pragma once

#include <cstdint>

#include "../../KokkosQuant_Types.hpp"
#include "KokkosQuant_HostPack.hpp"

namespace KokkosQuant::Impl {

// ---- the same type in memory ------------------------------------------------------------------------------------------
template <int W, std::floating_point C>
KOKKOSQUANT_HOST_INLINE Pack<C, W> load_pack(const C* from) {
  return Pack<C, W>::load(from);
}
template <int W, std::floating_point C>
KOKKOSQUANT_HOST_INLINE void store_pack(C* to, const Pack<C, W>& value) {
  value.store(to);
}

// ---- 16 bits ----------------------------------------------------------------------------------------------------------
template <int W>
KOKKOSQUANT_HOST_INLINE vector_t<std::uint32_t, W> load_u16(const void* from) {
#if defined(__AVX512F__)
  if constexpr (W == 16)
    return (vector_t<std::uint32_t, W>)_mm512_maskz_cvtepu16_epi32(0xffff,
                                                                   _mm256_loadu_si256(static_cast<const __m256i*>(from)));
#endif
#if defined(__AVX2__)
  if constexpr (W == 8)
    return (vector_t<std::uint32_t, W>)_mm256_cvtepu16_epi32(_mm_loadu_si128(static_cast<const __m128i*>(from)));
#elif defined(__SSE2__)
  if constexpr (W == 4)
    return (vector_t<std::uint32_t, W>)_mm_unpacklo_epi16(_mm_loadl_epi64(static_cast<const __m128i*>(from)),
                                                          _mm_setzero_si128());
#endif
  return __builtin_convertvector(*static_cast<const loose_vector_t<std::uint16_t, W>*>(from), vector_t<std::uint32_t, W>);
}
template <int W>
KOKKOSQUANT_HOST_INLINE void store_u16(void* to, vector_t<std::uint32_t, W> value) {  // values below 2^16
#if defined(__AVX2__)
  if constexpr (W == 8) {
    const auto v = (__m256i)value;
    return _mm_storeu_si128(static_cast<__m128i*>(to),
                            _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
  }
#elif defined(__SSE2__)
  if constexpr (W == 4) {  // SSE2 narrows signed integers alone: make them so
    const __m128i v = _mm_srai_epi32(_mm_slli_epi32((__m128i)value, 16), 16);
    return _mm_storel_epi64(static_cast<__m128i*>(to), _mm_packs_epi32(v, v));
  }
#endif
  *static_cast<loose_vector_t<std::uint16_t, W>*>(to) = __builtin_convertvector(value, vector_t<std::uint16_t, W>);
}

// The upper half of each lane holds its bfloat16. Of a number, or of the NaN that an operation on numbers gives.
template <int W>
KOKKOSQUANT_HOST_INLINE vector_t<std::uint32_t, W> round_number_to_upper_half(const Pack<float, W>& value) {
  const auto bits = (vector_t<std::uint32_t, W>)value.get();
  return bits + (0x7fffu + ((bits >> 16) & 1u));
}
// Of any.
template <int W>
KOKKOSQUANT_HOST_INLINE vector_t<std::uint32_t, W> round_to_upper_half(const Pack<float, W>& value) {
  using Bits = vector_t<std::uint32_t, W>;
  const auto bits = (Bits)value.get();
  const auto nan = (Bits)(value.get() != value.get());
  return (round_number_to_upper_half(value) & ~nan) | ((bits | 0x400000u) & nan);
}
// The hardware's own conversion takes subnormal numbers for 0: it is not for packs that have any.
#if defined(__AVX512BF16__) && defined(__AVX512DQ__) && defined(__AVX512BW__)
#define KOKKOSQUANT_NATIVE_BFLOAT16_PACKS
KOKKOSQUANT_HOST_INLINE __mmask16 subnormal_lanes(const Pack<float, 16>& value) {
  return _mm512_fpclass_ps_mask((__m512)value.get(), 0x20);
}
#endif
template <int W>
KOKKOSQUANT_HOST_INLINE Pack<float, W> load_pack(const bfloat16_t* from) {
  return Pack<float, W>::of((vector_t<float, W>)(load_u16<W>(from) << 16));
}
template <int W>
KOKKOSQUANT_HOST_INLINE void store_pack(bfloat16_t* to, const Pack<float, W>& value) {
#ifdef KOKKOSQUANT_NATIVE_BFLOAT16_PACKS
  if constexpr (W == 16)
    if (subnormal_lanes(value) == 0) [[likely]]
      return _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)value.get()));
#endif
  store_u16<W>(to, round_to_upper_half(value) >> 16);
}
// Two packs, one behind the other.
template <Outcome R, int W>
KOKKOSQUANT_HOST_INLINE void store_two(bfloat16_t* to, const Pack<float, W>& first, const Pack<float, W>& second) {
#ifdef KOKKOSQUANT_NATIVE_BFLOAT16_PACKS
  if constexpr (W == 16 && R == Outcome::element) {
    alignas(64) static constexpr std::uint16_t upper_halves[32] = {1,  3,  5,  7,  9,  11, 13, 15, 17, 19, 21,
                                                                   23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43,
                                                                   45, 47, 49, 51, 53, 55, 57, 59, 61, 63};
    const __m512i places = _mm512_load_si512(upper_halves);
    return _mm512_storeu_si512(to, _mm512_permutex2var_epi16((__m512i)first.get(), places, (__m512i)second.get()));
  }
  if constexpr (W == 16)
    if (R == Outcome::not_subnormal || (subnormal_lanes(first) | subnormal_lanes(second)) == 0) [[likely]]
      return _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh((__m512)second.get(), (__m512)first.get()));
#endif
  store_pack(to, first);
  store_pack(to + W, second);
}
// 2W elements as W even and W odd ones, two in each 32-bit word: shifts and masks instead of widening and narrowing.
template <int W>
KOKKOSQUANT_HOST_INLINE void load_even_odd(const bfloat16_t* from, Pack<float, W>& even, Pack<float, W>& odd) {
  using Words = loose_vector_t<std::uint32_t, W, alignof(bfloat16_t)>;
  const vector_t<std::uint32_t, W> words = *reinterpret_cast<const Words*>(from);
  even = Pack<float, W>::of((vector_t<float, W>)(words << 16));
  odd = Pack<float, W>::of((vector_t<float, W>)(words & 0xffff0000u));
}
template <Outcome R, int W>
KOKKOSQUANT_HOST_INLINE void store_even_odd(bfloat16_t* to, const Pack<float, W>& even, const Pack<float, W>& odd) {
  using Words = loose_vector_t<std::uint32_t, W, alignof(bfloat16_t)>;
  using Bits = vector_t<std::uint32_t, W>;
  if constexpr (R == Outcome::element) {
    *reinterpret_cast<Words*>(to) = ((Bits)even.get() >> 16) | (Bits)odd.get();
    return;
  }
#ifdef KOKKOSQUANT_NATIVE_BFLOAT16_PACKS
  if constexpr (W == 16)
    if (R == Outcome::not_subnormal || (subnormal_lanes(even) | subnormal_lanes(odd)) == 0) [[likely]] {
      alignas(64) static constexpr std::uint16_t in_turn[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                                8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
      const auto halves = (__m512i)_mm512_cvtne2ps_pbh((__m512)odd.get(), (__m512)even.get());
      return _mm512_storeu_si512(to, _mm512_maskz_permutexvar_epi16(~__mmask32(0), _mm512_load_si512(in_turn), halves));
    }
#endif
  *reinterpret_cast<Words*>(to) = (round_to_upper_half(even) >> 16) | (round_to_upper_half(odd) & 0xffff0000u);
}

template <int W>
KOKKOSQUANT_HOST_INLINE Pack<float, W> load_pack(const half_t* from) {
#if defined(__AVX512F__)
  if constexpr (W == 16)  // (the zero-masking forms: gcc 12 warns of its own header behind the plain ones)
    return Pack<float, W>::of(
        (vector_t<float, W>)_mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
#endif
#if defined(__F16C__)
  if constexpr (W == 8)
    return Pack<float, W>::of((vector_t<float, W>)_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#endif
  // The fields moved to a float's; a product then brings the exponent to its place, and subnormals to theirs.
  using Bits = vector_t<std::uint32_t, W>;
  using Mask = vector_t<std::int32_t, W>;
  const Bits fields = (Bits)((Mask)(load_u16<W>(from) << 16) >> 3) & 0x8fffe000u;
  const auto value = (Bits)((vector_t<float, W>)fields * 0x1p112f);
  const auto special = (Bits)((Mask)(value & 0x7fffffffu) >= 0x47800000);  // what would be 2^16 and above: Inf, NaN
  return Pack<float, W>::of((vector_t<float, W>)(value | (special & 0x7f800000u)));
}
template <int W>
KOKKOSQUANT_HOST_INLINE void store_pack(half_t* to, const Pack<float, W>& value) {
#if defined(__AVX512F__)
  if constexpr (W == 16)
    return _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                               _mm512_maskz_cvtps_ph(0xffff, (__m512)value.get(), _MM_FROUND_TO_NEAREST_INT));
#endif
#if defined(__F16C__)
  if constexpr (W == 8)
    return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph((__m256)value.get(), _MM_FROUND_TO_NEAREST_INT));
#endif
  // A sum rounds for us: with 2^15 times the power of two below the value (2^-14 at least) 4 times the value has the unit of
  // its half in the last bit. From 2^16 on the first product is Inf. (As in Maratyszcza's FP16 library.)
  using Bits = vector_t<std::uint32_t, W>;
  using Mask = vector_t<std::int32_t, W>;
  using Float = vector_t<float, W>;
  const auto bits = (Bits)value.get();
  const Bits magnitude = bits & 0x7fffffffu;
  const auto exponent = (Float)(magnitude & 0x7f800000u), lowest = Float{} + 0x1p-14f;
  const auto power = (Float)((Bits)(exponent > lowest ? exponent : lowest) + (15u << 23));
  const auto sum = (Bits)((Float)magnitude * 0x1p112f * 0x1p-110f + power);
  const Bits half = ((sum >> 13) & 0x7c00u) + (sum & 0x0fffu);
  const auto nan = (Bits)((Mask)magnitude > 0x7f800000);
  store_u16<W>(to, (nan & 0x7e00u) | (~nan & half) | ((bits >> 16) & 0x8000u));
}
#if defined(__AVX512F__)
// Two halves of a vector in one store.
KOKKOSQUANT_HOST_INLINE void store_halves_of_vector(void* to, __m256i first, __m256i second) {
  _mm512_storeu_si512(to, _mm512_maskz_inserti64x4(0xff, _mm512_castsi256_si512(first), second, 1));
}
template <Outcome>
KOKKOSQUANT_HOST_INLINE void store_two(half_t* to, const Pack<float, 16>& first, const Pack<float, 16>& second) {
  const auto narrow = [](const Pack<float, 16>& value) {
    return _mm512_maskz_cvtps_ph(0xffff, (__m512)value.get(), _MM_FROUND_TO_NEAREST_INT);
  };
  store_halves_of_vector(to, narrow(first), narrow(second));
}
// codes in the range of 16 bits
template <Outcome, class Q>
requires(std::is_integral_v<Q> && sizeof(Q) == 2)
    KOKKOSQUANT_HOST_INLINE void store_two(Q* to, const Pack<std::int32_t, 16>& first, const Pack<std::int32_t, 16>& second) {
  store_halves_of_vector(to, _mm512_maskz_cvtepi32_epi16(0xffff, (__m512i)first.get()),
                         _mm512_maskz_cvtepi32_epi16(0xffff, (__m512i)second.get()));
}
#endif

// ---- as they come back from memory: what operations gave ----------------------------------------------------------------
template <class T, std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> as_stored(const Pack<C, W>& value) {
  if constexpr (std::same_as<T, C>) {
    return value;
  } else if constexpr (std::same_as<T, bfloat16_t>) {
    return Pack<C, W>::of((vector_t<C, W>)(round_number_to_upper_half(value) & 0xffff0000u));
  } else {
    alignas(W * sizeof(T)) T stored[W];
    store_pack(stored, value);
    return load_pack<W>(stored);
  }
}

}  // namespace KokkosQuant::Impl
