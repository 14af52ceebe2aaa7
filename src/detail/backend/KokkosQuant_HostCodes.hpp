// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packs to and from memory, continued: codes, which lie in integer packs as wide as the compute type, flags, and stores past the
// caches.
#pragma once

#include <bit>
#include <cstdint>

#include "../../KokkosQuant_PackedTypes.hpp"
#include "KokkosQuant_HostConvert.hpp"
#include "KokkosQuant_HostTuning.hpp"

namespace KokkosQuant::Impl {

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
// Sixteen, where neighbouring bytes can be joined in a word by one instruction. Quantize to int4, float, in the caches: 2.3 times.
#if defined(__SSSE3__)
inline constexpr int packed_at_once = 16;
// the codes of each byte, which has two of so many bits -> a byte each
template <int Bits>
KOKKOSQUANT_HOST_INLINE __m128i halves_of_bytes(__m128i bytes) {
  const __m128i one = _mm_set1_epi8((1 << Bits) - 1);
  return _mm_unpacklo_epi8(_mm_and_si128(bytes, one), _mm_and_si128(_mm_srli_epi16(bytes, Bits), one));
}
template <packed_type Q>
KOKKOSQUANT_HOST_INLINE void unpack_16(const Q* from, std::int8_t* to) {
  std::uint64_t bits = 0;
  __builtin_memcpy(&bits, from, 2 * Q::bits);
  __m128i v = _mm_cvtsi64_si128(static_cast<long long>(bits));
  if constexpr (Q::bits == 4) {
    v = halves_of_bytes<4>(v);
  } else if constexpr (Q::bits == 2) {
    v = halves_of_bytes<2>(halves_of_bytes<4>(v));
  } else {
    const __m128i bit = _mm_set1_epi64x(static_cast<long long>(0x8040201008040201u));
    v = _mm_shuffle_epi8(v, _mm_set_epi64x(0x0101010101010101, 0));
    v = _mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(v, bit), bit), _mm_set1_epi8(1));
  }
  if constexpr (Q::lowest < 0) {
    const __m128i sign = _mm_set1_epi8(1 << (Q::bits - 1));
    v = _mm_sub_epi8(_mm_xor_si128(v, sign), sign);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v);
}
template <packed_type Q>
KOKKOSQUANT_HOST_INLINE void pack_16(const std::int8_t* from, Q* to) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  std::uint64_t bits;
  if constexpr (Q::bits == 4) {
    const __m128i words = _mm_maddubs_epi16(_mm_and_si128(v, _mm_set1_epi8(15)), _mm_set1_epi16(0x1001));
    bits = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(words, words)));
  } else if constexpr (Q::bits == 2) {
    const __m128i words = _mm_maddubs_epi16(_mm_and_si128(v, _mm_set1_epi8(3)), _mm_set1_epi16(0x0401));
    const __m128i fours = _mm_madd_epi16(words, _mm_set1_epi32(0x00100001));
    bits = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_shuffle_epi8(fours, _mm_set1_epi32(0x0c080400))));
  } else {
    bits = static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_slli_epi16(v, 7)));
  }
  __builtin_memcpy(to, &bits, 2 * Q::bits);
}
#else
inline constexpr int packed_at_once = 8;
#endif

// As many as a vector has bytes, from a register.
#if defined(KOKKOSQUANT_HOST_AVX512)
template <packed_type Q>
KOKKOSQUANT_HOST_INLINE void pack_vector(const vector_t<std::int8_t, 64>& codes, Q* to) {
  constexpr __mmask32 all = ~__mmask32(0);
  const auto v = (__m512i)codes;
  if constexpr (Q::bits == 4) {
    const __m512i words = _mm512_maddubs_epi16(_mm512_and_si512(v, _mm512_set1_epi8(15)), _mm512_set1_epi16(0x1001));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_maskz_cvtepi16_epi8(all, words));
  } else {
    static_assert(Q::bits == 2);
    const __m512i words = _mm512_maddubs_epi16(_mm512_and_si512(v, _mm512_set1_epi8(3)), _mm512_set1_epi16(0x0401));
    const __m512i fours = _mm512_madd_epi16(words, _mm512_set1_epi32(0x00100001));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtepi32_epi8(static_cast<__mmask16>(all), fours));
  }
}
#endif

// Flags of a bit lie in a mask register as they do in memory.
template <class T, class L, int W>
inline constexpr bool flags_in_mask =
#if defined(__AVX512F__)
    packed_type<T>&& elements_per<T> == 8 && W * sizeof(L) == 64;
#else
    false;
#endif
#if defined(__AVX512F__)
template <int W, class L, packed_type Q>
KOKKOSQUANT_HOST_INLINE Pack<L, W> load_flags(const Q* from) {
  if constexpr (W == 16) {
    __mmask16 set;
    __builtin_memcpy(&set, from, 2);
    return Pack<L, W>::of((vector_t<L, W>)_mm512_maskz_set1_epi32(set, 1));
  } else {
    __mmask8 set;
    __builtin_memcpy(&set, from, 1);
    return Pack<L, W>::of((vector_t<L, W>)_mm512_maskz_set1_epi64(set, 1));
  }
}
template <class L, int W, packed_type Q>
KOKKOSQUANT_HOST_INLINE void store_flags(Q* to, const Pack<L, W>& flags) {
  const auto lanes = (__m512i)flags.get();
  if constexpr (W == 16) {
    const __mmask16 set = _mm512_test_epi32_mask(lanes, lanes);
    __builtin_memcpy(to, &set, 2);
  } else {
    const __mmask8 set = _mm512_test_epi64_mask(lanes, lanes);
    __builtin_memcpy(to, &set, 1);
  }
}
#endif

// N packed codes <-> a byte each; N a multiple of 8.
template <int N, packed_type Q>
KOKKOSQUANT_HOST_INLINE void unpack_codes(const Q* from, std::int8_t* to) {
  if constexpr (N % packed_at_once == 0 && packed_at_once == 16)
    for (int j = 0; j < N; j += 16) unpack_16(from + j / Q::per_byte, to + j);
  else
    for (int j = 0; j < N; j += 8) unpack_8(from + j / Q::per_byte, to + j);
}
template <int N, packed_type Q>
KOKKOSQUANT_HOST_INLINE void pack_codes(const std::int8_t* from, Q* to) {
  if constexpr (N % packed_at_once == 0 && packed_at_once == 16)
    for (int j = 0; j < N; j += 16) pack_16(from + j, to + j / Q::per_byte);
  else
    for (int j = 0; j < N; j += 8) pack_8(from + j, to + j / Q::per_byte);
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

// Asks for Size elements that lie so many bytes ahead, which may be behind the end of an array: prefetching does not fault. Level: of the
// cache that they come to at least.
template <int Size, int Level = 1, class T>
KOKKOSQUANT_HOST_INLINE void prefetch(const T* from, std::int64_t bytes_ahead) {
  const char* const ahead = reinterpret_cast<const char*>(from) + bytes_ahead;
  for (std::size_t j = 0; j < Size * sizeof(T) / elements_per<T>; j += cache_line) __builtin_prefetch(ahead + j, 0, 4 - Level);
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
