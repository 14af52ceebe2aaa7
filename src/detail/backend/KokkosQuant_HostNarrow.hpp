// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Four packs of 32-bit codes as bytes: narrowed with saturation, so that they can be clamped as bytes, 64 by one instruction.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "../../KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_HostCodes.hpp"

namespace KokkosQuant::Impl {

// Codes of Q are worked on so, in packs of W.
template <class Q, int W>
inline constexpr bool narrows_codes = false;
#if defined(__AVX2__)
template <std::integral Q, int W>
inline constexpr bool narrows_codes<Q, W> = sizeof(Q) == 1 && W * 4 == host_vector_bytes;
template <packed_type Q, int W>
inline constexpr bool narrows_codes<Q, W> = Q::bits > 1 && W * 4 == host_vector_bytes;
#endif
inline constexpr int narrowed_packs = 4;

template <class Q>
inline constexpr bool is_unsigned_byte = std::is_same_v<Q, std::uint8_t>;

#if defined(KOKKOSQUANT_HOST_AVX512)
#define KOKKOSQUANT_BYTES(operation) _mm512_##operation
using HostBytes = __m512i;
#elif defined(__AVX2__)
#define KOKKOSQUANT_BYTES(operation) _mm256_##operation
using HostBytes = __m256i;
#endif

#if defined(KOKKOSQUANT_BYTES)
// The instructions narrow within 128 bits: what comes of lane l of them is put in its place.
template <bool Interleaved>
KOKKOSQUANT_HOST_INLINE HostBytes in_order(HostBytes bytes) {
  constexpr int lanes = host_vector_bytes / 16;
  struct alignas(host_vector_bytes) Places {
    std::int32_t of[4 * lanes];
  };
  static constexpr Places places = [] {
    Places p{};
    for (int l = 0; l < lanes; ++l)
      for (int j = 0; j < 4; ++j)  // four codes of pack j; or, interleaved, 8 of which 4 are even
        p.of[Interleaved ? 2 * lanes * (j / 2) + 2 * l + j % 2 : lanes * j + l] = 4 * l + j;
    return p;
  }();
  if constexpr (Interleaved) {
    const __m128i in_turn = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
#if defined(KOKKOSQUANT_HOST_AVX512)
    bytes = _mm512_shuffle_epi8(bytes, _mm512_maskz_broadcast_i32x4(0xffff, in_turn));
#else
    bytes = _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(in_turn));
#endif
  }
#if defined(KOKKOSQUANT_HOST_AVX512)
  return _mm512_maskz_permutexvar_epi32(0xffff, _mm512_load_si512(places.of), bytes);
#else
  return _mm256_permutevar8x32_epi32(bytes, _mm256_load_si256(reinterpret_cast<const __m256i*>(places.of)));
#endif
}
template <class Q, int W>
KOKKOSQUANT_HOST_INLINE HostBytes narrowed(const Pack<std::int32_t, W> (&code)[narrowed_packs]) {
  const auto lanes = [&](int p) { return (HostBytes)code[p].get(); };
  const HostBytes low = KOKKOSQUANT_BYTES(packs_epi32)(lanes(0), lanes(1)),
                  high = KOKKOSQUANT_BYTES(packs_epi32)(lanes(2), lanes(3));
  if constexpr (is_unsigned_byte<Q>)
    return KOKKOSQUANT_BYTES(packus_epi16)(low, high);
  else
    return KOKKOSQUANT_BYTES(packs_epi16)(low, high);
}
template <class Q>
KOKKOSQUANT_HOST_INLINE HostBytes clamp_bytes(HostBytes codes, const QuantizeDescriptor& range) {
  const HostBytes least = KOKKOSQUANT_BYTES(set1_epi8)(static_cast<char>(range.q_min)),
                  most = KOKKOSQUANT_BYTES(set1_epi8)(static_cast<char>(range.q_max));
  if constexpr (is_unsigned_byte<Q>)
    return KOKKOSQUANT_BYTES(min_epu8)(KOKKOSQUANT_BYTES(max_epu8)(codes, least), most);
  else
    return KOKKOSQUANT_BYTES(min_epi8)(KOKKOSQUANT_BYTES(max_epi8)(codes, least), most);
}
#endif

}  // namespace KokkosQuant::Impl
