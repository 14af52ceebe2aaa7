// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Neighbours of 16 bits, two in a word, of which a device computes both at once.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>

#include "../../KokkosQuant_Types.hpp"
#include "../KokkosQuant_Scalar.hpp"

namespace KokkosQuant::Impl {

// Byte j of the result is the byte of b:a that digit j of the selector names.
template <std::uint32_t Selector>
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t select_bytes(std::uint32_t a, std::uint32_t b) {
#ifdef __CUDA_ARCH__
  return __byte_perm(a, b, Selector);
#else
  const std::uint64_t both = a | static_cast<std::uint64_t>(b) << 32;
  std::uint32_t selected = 0;
  for (int j = 0; j < 4; ++j)
    selected |= static_cast<std::uint32_t>(both >> (8 * ((Selector >> (4 * j)) & 7u)) & 0xffu) << (8 * j);
  return selected;
#endif
}
inline constexpr std::uint32_t low_halves = 0x5410, high_halves = 0x7632, even_bytes = 0x6420, odd_bytes = 0x7531;  // of b:a

KOKKOS_FORCEINLINE_FUNCTION std::uint32_t twice(std::int32_t value) {
  return select_bytes<low_halves>(static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value));
}

// Two numbers as half or bfloat16.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t narrow_pair(float low, float high) {
  if constexpr (std::is_same_v<T, half_t>) {
#ifdef KOKKOSQUANT_NATIVE_FLOAT16
    return native_floats_to_halves(low, high);
#endif
  } else {
#ifdef KOKKOSQUANT_NATIVE_BFLOAT16
    return native_floats_to_bfloat16(low, high);
#endif
  }
  return join(bits_as<std::uint16_t>(narrow<T>(low)), bits_as<std::uint16_t>(narrow<T>(high)));
}

// max(min(a + b, hi), lo) of the signed halves, whose sums do not overflow
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t clamped_sums(std::uint32_t a, std::uint32_t b, std::uint32_t lo, std::uint32_t hi) {
#ifdef __CUDA_ARCH__
  return __vmaxs2(__viaddmin_s16x2(a, b, hi), lo);
#else
  const auto of_half = [=](int shift) {
    const auto half = [=](std::uint32_t word) { return static_cast<std::int16_t>(word >> shift); };
    const int sum = half(a) + half(b), least = sum < half(hi) ? sum : half(hi);
    return static_cast<std::uint16_t>(least > half(lo) ? least : half(lo));
  };
  return join(of_half(0), of_half(16));
#endif
}

// Codes of 32 / N bits, N in a word, from words of two.
template <int N>
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t pack_pairs(const std::uint32_t* pair) {
  static_assert(N == 4 || N == 8 || N == 16);
  if constexpr (N == 4) {
    return select_bytes<even_bytes>(pair[0], pair[1]);
  } else if constexpr (N == 8) {  // bytes 1 and 3 of the product hold two each
    const auto of_four = [](const std::uint32_t* two) { return (pack_pairs<4>(two) & 0x0f0f0f0fu) * 0x110u; };
    return select_bytes<odd_bytes>(of_four(pair), of_four(pair + 2));
  } else {  // byte 3 holds all four
    const auto of_four = [](const std::uint32_t* two) { return (pack_pairs<4>(two) & 0x03030303u) * 0x01041040u; };
    const auto of_eight = [&](const std::uint32_t* four) { return select_bytes<0x0073>(of_four(four), of_four(four + 2)); };
    return select_bytes<low_halves>(of_eight(pair), of_eight(pair + 4));
  }
}

// Numbers of half and of bfloat16 are ordered as their bits are. So one instruction serves both, up to the infinity of half:
// beyond it (of half NaN, of bfloat16 NaN, infinities and what is 2^121 and more) the results are any bits beyond it.
inline constexpr std::uint32_t magnitude_limit = 0x7c00;
KOKKOS_FORCEINLINE_FUNCTION std::int32_t half_order(std::uint32_t bits) {  // of 16 bits; both zeros alike
  const auto magnitude = static_cast<std::int32_t>(bits & 0x7fffu);
  return (bits & 0x8000u) != 0 ? -magnitude : magnitude;
}
// Of each half of a and b the larger one; Sign -1: the smaller one.
template <int Sign>
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t last_halves(std::uint32_t a, std::uint32_t b) {
  const auto of_half = [=](int shift) {
    const std::uint32_t of_a = a >> shift & 0xffffu, of_b = b >> shift & 0xffffu;
    return static_cast<std::uint16_t>(Sign * half_order(of_a) > Sign * half_order(of_b) ? of_a : of_b);
  };
  return join(of_half(0), of_half(16));
}
// The larger of each half of a, 0 or more, and b's.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t larger_halves(std::uint32_t a, std::uint32_t b) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  std::uint32_t larger;
  asm("max.NaN.f16x2 %0, %1, %2;" : "=r"(larger) : "r"(a), "r"(b));
  return larger;
#else
  return last_halves<1>(a, b);
#endif
}
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t larger_halves(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return larger_halves(a, larger_halves(b, c));
}
// The smaller of each half of a, 0 or less, and b's; NaN whose sign is not set may be left out.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t smaller_halves(std::uint32_t a, std::uint32_t b) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  std::uint32_t smaller;
  asm("min.NaN.f16x2 %0, %1, %2;" : "=r"(smaller) : "r"(a), "r"(b));
  return smaller;
#else
  return last_halves<-1>(a, b);
#endif
}
// The same of their magnitudes.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t largest_halves(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  std::uint32_t largest;
  asm("{ .reg .b32 b, c; abs.f16x2 b, %2; abs.f16x2 c, %3; max.NaN.f16x2 b, b, c; max.NaN.f16x2 %0, b, %1; }"
      : "=r"(largest)
      : "r"(a), "r"(b), "r"(c));
  return largest;
#else
  return larger_halves(a, b & 0x7fff7fffu, c & 0x7fff7fffu);
#endif
}
// The smaller of a's halves and the bits of b's magnitudes less one, unsigned: zeros are the largest.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t least_magnitudes(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t magnitudes = b & 0x7fff7fffu;
#ifdef __CUDA_ARCH__
  return __viaddmin_u16x2(magnitudes, 0xffffffffu, a);
#else
  const auto of_half = [=](int shift) {
    const auto magnitude = static_cast<std::uint16_t>((magnitudes >> shift) - 1),
               other = static_cast<std::uint16_t>(a >> shift);
    return magnitude < other ? magnitude : other;
  };
  return join(of_half(0), of_half(16));
#endif
}
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t larger_unsigned_halves(std::uint32_t a, std::uint32_t b) {
#ifdef __CUDA_ARCH__
  return __vmaxu2(a, b);
#else
  const auto of_half = [=](int shift) {
    const auto half_a = static_cast<std::uint16_t>(a >> shift), half_b = static_cast<std::uint16_t>(b >> shift);
    return half_a > half_b ? half_a : half_b;
  };
  return join(of_half(0), of_half(16));
#endif
}
// The larger half, as the number it is; NaN beyond the limit.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION float larger_half(std::uint32_t largest) {
  const std::uint32_t low = largest & 0xffffu, high = largest >> 16, bits = low > high ? low : high;
  return bits <= magnitude_limit ? static_cast<float>(T::from_bits(static_cast<std::uint16_t>(bits))) : nan_of<float>;
}

// The larger one; NaN where one is.
KOKKOS_FORCEINLINE_FUNCTION float larger_or_nan(float a, float b) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  float larger;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(larger) : "f"(a), "f"(b));
  return larger;
#else
  return a != a || b <= a ? a : b;
#endif
}
// The same of m and |x|.
KOKKOS_FORCEINLINE_FUNCTION float larger_magnitude(float m, float x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  float magnitude;
  asm("abs.f32 %0, %1;" : "=f"(magnitude) : "f"(x));
  return larger_or_nan(m, magnitude);
#else
  return larger_or_nan(m, bits_as<float>(bits_as<std::uint32_t>(x) & 0x7fffffffu));
#endif
}

}  // namespace KokkosQuant::Impl
