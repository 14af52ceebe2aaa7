// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rounded scalar operations of the contract, the same bits on every backend. Device code names the rounding explicitly:
// nvcc has no macro for --use_fast_math, -ftz or -prec-div, and PTX's .rn without .ftz is immune to all three.
#pragma once

#include <Kokkos_Macros.hpp>
#include <concepts>
#include <cstdint>

#include "../KokkosQuant_FastMath.hpp"

#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)  // not in nvcc's host pass, whose compiler has no such pragma
#define KOKKOSQUANT_UNROLL _Pragma("unroll")
#define KOKKOSQUANT_NO_UNROLL _Pragma("unroll 1")
#else
#define KOKKOSQUANT_UNROLL
#define KOKKOSQUANT_NO_UNROLL
#endif

namespace KokkosQuant::Impl {

template <class To, class From>
KOKKOS_FORCEINLINE_FUNCTION To bits_as(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

// RN(a / b)
KOKKOS_FORCEINLINE_FUNCTION float divide(float a, float b) {
#ifdef __CUDA_ARCH__
  float quotient;
  asm("div.rn.f32 %0, %1, %2;" : "=f"(quotient) : "f"(a), "f"(b));
  return quotient;
#else
  return a / b;
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double divide(double a, double b) { return a / b; }

// RN(a * b), never contracted into a sum
KOKKOS_FORCEINLINE_FUNCTION float multiply(float a, float b) {
#ifdef __CUDA_ARCH__
  float product;
  asm("mul.rn.f32 %0, %1, %2;" : "=f"(product) : "f"(a), "f"(b));
  return product;
#else
  return a * b;
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double multiply(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dmul_rn(a, b);
#else
  return a * b;
#endif
}

// What has passed here is a number in a register to a host compiler, and no expression. They contract products into sums, across
// statements too.
#if defined(__HIP_DEVICE_COMPILE__)
#define KOKKOSQUANT_IN_REGISTER(value) asm("" : "+v"(value))
#elif defined(__SYCL_DEVICE_ONLY__)
#define KOKKOSQUANT_IN_REGISTER(value) ((void)0)
#elif defined(__x86_64__)
#define KOKKOSQUANT_IN_REGISTER(value) asm("" : "+x"(value))
#elif defined(__aarch64__)
#define KOKKOSQUANT_IN_REGISTER(value) asm("" : "+w"(value))
#else
#define KOKKOSQUANT_IN_REGISTER(value) asm("" : "+m"(value))
#endif

// The value, which may be a product, as a number. (nvcc contracts none of multiply()'s.)
KOKKOS_FORCEINLINE_FUNCTION double uncontracted(double value) {
#ifndef __CUDA_ARCH__
  KOKKOSQUANT_IN_REGISTER(value);
#endif
  return value;
}

// RN(a + b), where a may be a product
KOKKOS_FORCEINLINE_FUNCTION float add(float a, float b) {
#ifdef __CUDA_ARCH__
  float sum;
  asm("add.rn.f32 %0, %1, %2;" : "=f"(sum) : "f"(a), "f"(b));
  return sum;
#else
  KOKKOSQUANT_IN_REGISTER(a);
  return a + b;
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double add(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dadd_rn(a, b);
#else
  KOKKOSQUANT_IN_REGISTER(a);
  return a + b;
#endif
}

// RN(a - b), where a may be a product
KOKKOS_FORCEINLINE_FUNCTION float subtract(float a, float b) {
#ifdef __CUDA_ARCH__
  float difference;
  asm("sub.rn.f32 %0, %1, %2;" : "=f"(difference) : "f"(a), "f"(b));
  return difference;
#else
  KOKKOSQUANT_IN_REGISTER(a);
  return a - b;
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double subtract(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dsub_rn(a, b);
#else
  KOKKOSQUANT_IN_REGISTER(a);
  return a - b;
#endif
}

// Have packs of the host an instruction for RN(a * b + c)?
inline constexpr bool host_packs_fuse =
#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))
    true;
#else
    false;
#endif
// Do they take quotients by the reciprocal, and look at the block's once? A division of 8 doubles takes 16 cycles, of 16 floats 10 on
// Intel's processors (Xeon, Sapphire Rapids); AMD's overlap it with the rest (SSE4a: their sign).
template <std::floating_point C>
inline constexpr bool host_packs_avoid_division =
#if defined(__AVX512F__) && !defined(__SSE4A__)
    true;
#else
    host_packs_fuse && sizeof(C) == 8;
#endif
// RN(a * b + c)
KOKKOS_FORCEINLINE_FUNCTION float fused_multiply_add(float a, float b, float c) {
#ifdef __CUDA_ARCH__
  float sum;
  asm("fma.rn.f32 %0, %1, %2, %3;" : "=f"(sum) : "f"(a), "f"(b), "f"(c));
  return sum;
#else
  return __builtin_fmaf(a, b, c);
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double fused_multiply_add(double a, double b, double c) {
#ifdef __CUDA_ARCH__
  return __fma_rn(a, b, c);
#else
  return __builtin_fma(a, b, c);
#endif
}

// RN(1/scale) of scales from 2^-40 to 2^40, anything of others. Two fused steps behind the device's approximation are CUDA's own division
// for such a divisor, without the branch to the others: unit_tests/exhaustive compares all of them.
KOKKOS_FORCEINLINE_FUNCTION float quick_inverse(float scale) {
#ifdef __CUDA_ARCH__
  float inverse;
  asm volatile("rcp.approx.ftz.f32 %0, %1;" : "=f"(inverse) : "f"(scale));
  return fused_multiply_add(fused_multiply_add(-scale, inverse, 1.0f), inverse, inverse);
#else
  return divide(1.0f, scale);
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double quick_inverse(double scale) { return divide(1.0, scale); }

// RN(a) into float, subnormals kept
KOKKOS_FORCEINLINE_FUNCTION float to_float(double a) {
#ifdef __CUDA_ARCH__
  float narrowed;
  asm("cvt.rn.f32.f64 %0, %1;" : "=f"(narrowed) : "d"(a));
  return narrowed;
#else
  return static_cast<float>(a);
#endif
}
// exact, subnormals kept
KOKKOS_FORCEINLINE_FUNCTION double to_double(float a) {
#ifdef __CUDA_ARCH__
  double widened;
  asm("cvt.f64.f32 %0, %1;" : "=d"(widened) : "f"(a));
  return widened;
#else
  return static_cast<double>(a);
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double to_double(double a) { return a; }

// The larger and the smaller of two (of zeros of either sign, either one); b where a is NaN. b is not. One instruction on a
// device, as a select is two.
KOKKOS_FORCEINLINE_FUNCTION float greatest(float a, float b) {
#ifdef __CUDA_ARCH__
  float larger;
  asm("max.f32 %0, %1, %2;" : "=f"(larger) : "f"(a), "f"(b));
  return larger;
#else
  return a > b ? a : b;
#endif
}
KOKKOS_FORCEINLINE_FUNCTION float least(float a, float b) {
#ifdef __CUDA_ARCH__
  float smaller;
  asm("min.f32 %0, %1, %2;" : "=f"(smaller) : "f"(a), "f"(b));
  return smaller;
#else
  return a < b ? a : b;
#endif
}
KOKKOS_FORCEINLINE_FUNCTION double greatest(double a, double b) { return a > b ? a : b; }
KOKKOS_FORCEINLINE_FUNCTION double least(double a, double b) { return a < b ? a : b; }

// Two of 16 bits as a word.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t join(std::uint16_t low, std::uint16_t high) {
#ifdef __CUDA_ARCH__
  std::uint32_t word;
  asm("mov.b32 %0, {%1, %2};" : "=r"(word) : "h"(low), "h"(high));
  return word;
#else
  return low | static_cast<std::uint32_t>(high) << 16;
#endif
}

// Words to an address that is a multiple of their size, up to 16 bytes an access: left to itself nvcc stores them one by one
// where they are computed apart.
template <int Words>
KOKKOS_FORCEINLINE_FUNCTION void store_words(void* to, const std::uint32_t* word) {
#ifdef __CUDA_ARCH__
  if constexpr (Words % 4 == 0) {
    const std::size_t address = __cvta_generic_to_global(to);
    for (int w = 0; w < Words; w += 4)
      asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(address + 4 * static_cast<std::size_t>(w)), "r"(word[w]),
                   "r"(word[w + 1]), "r"(word[w + 2]), "r"(word[w + 3])
                   : "memory");
  } else if constexpr (Words == 2) {
    asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(__cvta_generic_to_global(to)), "r"(word[0]), "r"(word[1]) : "memory");
  } else {
    for (int w = 0; w < Words; ++w) static_cast<std::uint32_t*>(to)[w] = word[w];
  }
#else
  for (int w = 0; w < Words; ++w) static_cast<std::uint32_t*>(to)[w] = word[w];
#endif
}

// Hardware conversions of the 16-bit types, each rounded once, subnormals kept; elsewhere detail/KokkosQuant_Float16.hpp
// computes them.
#ifdef __CUDA_ARCH__
#define KOKKOSQUANT_NATIVE_FLOAT16
__device__ __forceinline__ float native_half_to_float(std::uint16_t h) {
  float widened;
  asm("cvt.f32.f16 %0, %1;" : "=f"(widened) : "h"(h));
  return widened;
}
__device__ __forceinline__ std::uint16_t native_float_to_half(float a) {
  std::uint16_t narrowed;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(narrowed) : "f"(a));
  return narrowed;
}
__device__ __forceinline__ std::uint32_t native_floats_to_halves(float low, float high) {
  std::uint32_t narrowed;
  asm("{ .reg .b16 l, h; cvt.rn.f16.f32 l, %1; cvt.rn.f16.f32 h, %2; mov.b32 %0, {l, h}; }"
      : "=r"(narrowed)
      : "f"(low), "f"(high));
  return narrowed;
}
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#define KOKKOSQUANT_NATIVE_BFLOAT16
__device__ __forceinline__ std::uint16_t native_float_to_bfloat16(float a) {
  std::uint16_t narrowed;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(narrowed) : "f"(a));
  return narrowed;
}
__device__ __forceinline__ std::uint32_t native_floats_to_bfloat16(float low, float high) {
  std::uint32_t narrowed;
  asm("cvt.rn.bf16x2.f32 %0, %2, %1;" : "=r"(narrowed) : "f"(low), "f"(high));
  return narrowed;
}
#endif

}  // namespace KokkosQuant::Impl
