// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packs to and from memory, continued: codes, which lie in integer packs as wide as the compute type, flags, and stores past the
// caches.
#pragma once

#include <bit>
#include <cstdint>

#include "../../KokkosQuant_PackedTypes.hpp"
#include "KokkosQuant_HostConvert.hpp"

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
