// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The encodings of the 16-bit types: widening is exact, narrowing rounds once, to nearest, ties to even. Packs
// of them stand in detail/backend.
#pragma once

#include <cstdint>

#include "backend/KokkosQuant_Arithmetic.hpp"

namespace KokkosQuant::Impl {

// A double as the float that narrows to the same 16 bits: rounded to odd, so that the second rounding sees on which side of
// a midpoint the first one fell (Boldo, Melquiond: "When double rounding is odd", 2005; 24 >= 11 + 2 bits).
KOKKOS_INLINE_FUNCTION float round_to_odd(double value) {
  const float nearest = to_float(value);
  const double back = to_double(nearest);
  if (back == value || value != value) return nearest;
  auto bits = bits_as<std::uint32_t>(nearest);
  const bool away = (back > value) == (value > 0);  // nearest is larger in magnitude: take the one below it
  if (away) --bits;
  return bits_as<float>(bits | 1u);
}

// bfloat16 is the upper half of a float.
KOKKOS_FORCEINLINE_FUNCTION float bfloat16_bits_to_float(std::uint16_t b) {
  return bits_as<float>(static_cast<std::uint32_t>(b) << 16);
}
KOKKOS_FORCEINLINE_FUNCTION std::uint16_t to_bfloat16_bits(float value) {
#ifdef KOKKOSQUANT_NATIVE_BFLOAT16
  return native_float_to_bfloat16(value);
#else
  const auto u = bits_as<std::uint32_t>(value);
  if ((u & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((u >> 16) | 0x40u);  // NaN stays NaN, quiet
  return static_cast<std::uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);  // a carry into the exponent is right, to Inf too
#endif
}
KOKKOS_INLINE_FUNCTION std::uint16_t to_bfloat16_bits(double value) { return to_bfloat16_bits(round_to_odd(value)); }

KOKKOS_FORCEINLINE_FUNCTION float half_bits_to_float(std::uint16_t h) {
#ifdef KOKKOSQUANT_NATIVE_FLOAT16
  return native_half_to_float(h);
#else
  // masks, no branches: compilers widen many in vectors
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16;
  const auto magnitude = static_cast<std::int32_t>(h & 0x7fffu);
  const auto is_subnormal = static_cast<std::uint32_t>((magnitude - 0x0400) >> 31);
  const auto is_special = static_cast<std::uint32_t>((0x7bff - magnitude) >> 31);             // Inf, NaN
  const auto subnormal = bits_as<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f);    // an integer of 2^-24
  const std::uint32_t normal = (static_cast<std::uint32_t>(magnitude) << 13) + (112u << 23);  // the biases differ by 112
  return bits_as<float>(sign | (is_subnormal & subnormal) | (~is_subnormal & (normal | (is_special & 0x7f800000u))));
#endif
}
KOKKOS_FORCEINLINE_FUNCTION std::uint16_t to_half_bits(float value) {
#ifdef KOKKOSQUANT_NATIVE_FLOAT16
  return native_float_to_half(value);
#else
  const auto u = bits_as<std::uint32_t>(value);
  const std::uint32_t sign = (u >> 16) & 0x8000u, magnitude = u & 0x7fffffffu;
  std::uint32_t h;
  if (magnitude > 0x7f800000u) {
    h = 0x7e00u;
  } else if (magnitude >= 0x47800000u) {  // 2^16 and above, Inf
    h = 0x7c00u;
  } else if (magnitude >= 0x38800000u) {  // normal; from 65520 on the carry gives Inf
    h = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - (112u << 23)) >> 13;
  } else {  // subnormal: one unit of a float in [1/2, 1) is 2^-24, so the sum rounds to that
    h = bits_as<std::uint32_t>(bits_as<float>(magnitude) + 0.5f) - 0x3f000000u;
  }
  return static_cast<std::uint16_t>(sign | h);
#endif
}
KOKKOS_INLINE_FUNCTION std::uint16_t to_half_bits(double value) { return to_half_bits(round_to_odd(value)); }

}  // namespace KokkosQuant::Impl
