// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The conversion to 8-bit floating point that some devices have (CUDA: from compute capability 8.9 on).
#pragma once

#include <cstdint>

namespace KokkosQuant::Impl {

// A magnitude as E5M2 or E4M3; what is too large becomes the largest number.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
#define KOKKOSQUANT_NATIVE_FLOAT8
template <bool IsE5M2>
__device__ __forceinline__ std::int32_t native_magnitude_to_float8(float a) {
  std::uint16_t code;
  if constexpr (IsE5M2)
    asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(code) : "f"(0.0f), "f"(a));
  else
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(code) : "f"(0.0f), "f"(a));
  return code;
}
// Of two finite numbers, a byte each.
template <bool IsE5M2>
__device__ __forceinline__ std::uint16_t native_pair_to_float8(float low, float high) {
  std::uint16_t codes;
  if constexpr (IsE5M2)
    asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(codes) : "f"(high), "f"(low));
  else
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(codes) : "f"(high), "f"(low));
  return codes;
}
#endif

}  // namespace KokkosQuant::Impl
