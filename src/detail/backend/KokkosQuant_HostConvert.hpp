// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packs to and from memory: W elements as they are stored <-> one pack of what they are computed in. 16-bit types widen and
// narrow here, with the bits of detail/KokkosQuant_Float16.hpp; codes lie in integer packs as wide as the compute type.
#pragma once

#include <bit>
#include <cstdint>

#include "../../KokkosQuant_PackedTypes.hpp"
#include "../../KokkosQuant_Types.hpp"
#include "KokkosQuant_HostPack.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

// The upper half of each lane holds its bfloat16.
template <int W>
KOKKOSQUANT_HOST_INLINE vector_t<std::uint32_t, W> round_to_upper_half(const Pack<float, W>& value) {
  using Bits = vector_t<std::uint32_t, W>;
  const auto bits = (Bits)value.get();
  const auto nan = (Bits)(value.get() != value.get());
  const Bits rounded = bits + (0x7fffu + ((bits >> 16) & 1u));
  return (rounded & ~nan) | ((bits | 0x400000u) & nan);
}
template <int W>
KOKKOSQUANT_HOST_INLINE Pack<float, W> load_pack(const bfloat16_t* from) {
  return Pack<float, W>::of((vector_t<float, W>)(load_u16<W>(from) << 16));
}
template <int W>
KOKKOSQUANT_HOST_INLINE void store_pack(bfloat16_t* to, const Pack<float, W>& value) {
  store_u16<W>(to, round_to_upper_half(value) >> 16);
}
// 2W elements as W even and W odd ones, two in each 32-bit word: shifts and masks instead of widening and narrowing.
template <int W>
KOKKOSQUANT_HOST_INLINE void load_even_odd(const bfloat16_t* from, Pack<float, W>& even, Pack<float, W>& odd) {
  using Words = loose_vector_t<std::uint32_t, W, alignof(bfloat16_t)>;
  const vector_t<std::uint32_t, W> words = *reinterpret_cast<const Words*>(from);
  even = Pack<float, W>::of((vector_t<float, W>)(words << 16));
  odd = Pack<float, W>::of((vector_t<float, W>)(words & 0xffff0000u));
}
template <int W>
KOKKOSQUANT_HOST_INLINE void store_even_odd(bfloat16_t* to, const Pack<float, W>& even, const Pack<float, W>& odd) {
  using Words = loose_vector_t<std::uint32_t, W, alignof(bfloat16_t)>;
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

// ---- codes ------------------------------------------------------------------------------------------------------------
// By hand: gcc 12 widens 8 bits by a generic vector conversion one by one.
template <class I, int W, code_type Q>
KOKKOSQUANT_HOST_INLINE vector_t<I, W> widen_codes(const Q* from) {
  [[maybe_unused]] constexpr bool is_signed = std::is_signed_v<Q>;
#if defined(__AVX512F__)
  if constexpr (W == 16 && sizeof(I) == 4 && sizeof(Q) == 1) {
    const __m128i q = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return (vector_t<I, W>)(is_signed ? _mm512_maskz_cvtepi8_epi32(0xffff, q) : _mm512_maskz_cvtepu8_epi32(0xffff, q));
  }
  if constexpr (W == 8 && sizeof(I) == 8 && sizeof(Q) == 1) {
    const __m128i q = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    return (vector_t<I, W>)(is_signed ? _mm512_maskz_cvtepi8_epi64(0xff, q) : _mm512_maskz_cvtepu8_epi64(0xff, q));
  }
#endif
#if defined(__AVX2__)
  if constexpr (W == 8 && sizeof(I) == 4 && sizeof(Q) == 1) {
    const __m128i q = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    return (vector_t<I, W>)(is_signed ? _mm256_cvtepi8_epi32(q) : _mm256_cvtepu8_epi32(q));
  }
#endif
  return __builtin_convertvector(*reinterpret_cast<const loose_vector_t<Q, W>*>(from), vector_t<I, W>);
}
template <int W, class C, code_type Q>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> load_codes(const Q* from) {
  return IntegerPack<C, W>::of(widen_codes<integer_of<C>, W>(from));
}
template <int W, code_type Q, class I>
KOKKOSQUANT_HOST_INLINE void store_codes(Q* to, const Pack<I, W>& value) {  // values in Q's range
#if defined(__AVX2__) && !defined(__AVX512VL__)
  if constexpr (W == 8 && sizeof(I) == 4 && sizeof(Q) == 1) {
    const auto v = (__m256i)value.get();
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128i bytes = std::is_signed_v<Q> ? _mm_packs_epi16(words, words) : _mm_packus_epi16(words, words);
    return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
  }
#endif
  *reinterpret_cast<loose_vector_t<Q, W>*>(to) = __builtin_convertvector(value.get(), vector_t<Q, W>);
}

// Eight packed codes <-> a byte each, by shifts within 64 bits: each step halves what is still together.
template <packed_type Q>
KOKKOSQUANT_HOST_INLINE void unpack_8(const Q* from, std::int8_t* to) {
  static_assert(std::endian::native == std::endian::little, "the first code of a byte is its lowest");
  std::uint64_t bits = 0;
  __builtin_memcpy(&bits, from, Q::bits);
  if constexpr (Q::bits == 4) {
    bits = (bits | bits << 16) & 0x0000ffff0000ffffu;
    bits = (bits | bits << 8) & 0x00ff00ff00ff00ffu;
    bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0fu;
    if constexpr (Q::lowest < 0) bits |= (bits & 0x0808080808080808u) * 0x1e;
  } else if constexpr (Q::bits == 2) {
    bits = (bits | bits << 24) & 0x000000ff000000ffu;
    bits = (bits | bits << 12) & 0x000f000f000f000fu;
    bits = (bits | bits << 6) & 0x0303030303030303u;
    if constexpr (Q::lowest < 0) bits |= (bits & 0x0202020202020202u) * 0x7e;
  } else {
    bits = (bits * 0x0101010101010101u) & 0x8040201008040201u;
    bits = (((bits + 0x7f7f7f7f7f7f7f7fu) | bits) >> 7) & 0x0101010101010101u;
  }
  __builtin_memcpy(to, &bits, 8);
}
template <packed_type Q>
KOKKOSQUANT_HOST_INLINE void pack_8(const std::int8_t* from, Q* to) {
  std::uint64_t bits;
  __builtin_memcpy(&bits, from, 8);
  if constexpr (Q::bits == 4) {
    bits &= 0x0f0f0f0f0f0f0f0fu;
    bits = (bits | bits >> 4) & 0x00ff00ff00ff00ffu;
    bits = (bits | bits >> 8) & 0x0000ffff0000ffffu;
    bits = bits | bits >> 16;
  } else if constexpr (Q::bits == 2) {
    bits &= 0x0303030303030303u;
    bits = (bits | bits >> 6) & 0x000f000f000f000fu;
    bits = (bits | bits >> 12) & 0x000000ff000000ffu;
    bits = bits | bits >> 24;
  } else {
    bits = ((bits & 0x0101010101010101u) * 0x0102040810204080u) >> 56;
  }
  __builtin_memcpy(to, &bits, Q::bits);
}

// One name for all: W elements of T as a pack of lanes of C.
template <int W, class C, class T>
KOKKOSQUANT_HOST_INLINE Pack<lane_t<T, C>, W> load_lanes(const T* from) {
  if constexpr (std::is_integral_v<T>)
    return load_codes<W, C>(from);
  else
    return load_pack<W>(from);
}
template <int W, class T, class L>
KOKKOSQUANT_HOST_INLINE void store_lanes(T* to, const Pack<L, W>& value) {
  if constexpr (std::is_integral_v<T>)
    store_codes<W>(to, value);
  else
    store_pack<W>(to, value);
}

// ---- past the caches ----------------------------------------------------------------------------------------------------
// A line is not read before it is written. Both are aligned to Bytes.
template <int Bytes>
KOKKOSQUANT_HOST_INLINE void store_streaming(void* to, const void* from) {
#if defined(__AVX512F__)
  if constexpr (Bytes == 64) return _mm512_stream_si512(static_cast<__m512i*>(to), _mm512_load_si512(from));
#endif
#if defined(__AVX__)
  if constexpr (Bytes == 32)
    return _mm256_stream_si256(static_cast<__m256i*>(to), _mm256_load_si256(static_cast<const __m256i*>(from)));
#endif
#if defined(__x86_64__)
  if constexpr (Bytes == 16)
    return _mm_stream_si128(static_cast<__m128i*>(to), _mm_load_si128(static_cast<const __m128i*>(from)));
  if constexpr (Bytes == 8) return _mm_stream_si64(static_cast<long long*>(to), *static_cast<const long long*>(from));
  if constexpr (Bytes == 4) return _mm_stream_si32(static_cast<int*>(to), *static_cast<const int*>(from));
#endif
  __builtin_memcpy(to, from, Bytes);
}
inline void end_of_streaming() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

}  // namespace KokkosQuant::Impl
