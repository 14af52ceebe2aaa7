// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Halves on an x86-64 machine whose compiler was told of the oldest of its kind alone: the processor, asked at run time, nearly always
// converts 8 of them by one instruction, where plain SSE2 takes many. (Functions for a newer processor are not inlined into others:
// a piece of a line is converted at once.) The bits are those of KokkosQuant_HostConvert.hpp.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../../KokkosQuant_Types.hpp"

#if defined(__x86_64__) && !defined(__F16C__) && defined(__GNUC__) && !defined(__CUDACC__)
#define KOKKOSQUANT_CONVERTS_HALVES_AT_RUN_TIME
#include <immintrin.h>
#endif

namespace KokkosQuant::Impl {

// What a piece of a line is computed on.
template <class T>
using staged_t = std::conditional_t<std::is_same_v<T, half_t>, float, T>;

#ifdef KOKKOSQUANT_CONVERTS_HALVES_AT_RUN_TIME
inline constexpr bool stages_halves = true;
// (Clang 14 knows no "f16c" here. Every processor with AVX2 has it.)
inline const bool processor_converts_halves = static_cast<bool>(__builtin_cpu_supports("avx2"));

// n elements, and up to 7 more, which there must be room for.
__attribute__((target("avx,f16c"), noinline)) inline void widen_halves(const half_t* from, float* to, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
  alignas(16) half_t rest[8] = {};
  if (i < n) {
    __builtin_memcpy(rest, from + i, static_cast<std::size_t>(n - i) * sizeof(half_t));
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(rest))));
  }
}
__attribute__((target("avx,f16c"), noinline)) inline void narrow_halves(const float* from, half_t* to, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  alignas(16) half_t rest[8];
  if (i < n) {
    _mm_store_si128(reinterpret_cast<__m128i*>(rest), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    __builtin_memcpy(to + i, rest, static_cast<std::size_t>(n - i) * sizeof(half_t));
  }
}
#else
inline constexpr bool stages_halves = false, processor_converts_halves = false;
inline void widen_halves(const half_t*, float*, std::int64_t) {}
inline void narrow_halves(const float*, half_t*, std::int64_t) {}
#endif

// A piece of an operand: halves in a place of their own, as floats; all else where it is.
template <class T>
struct Staged {
  static constexpr int size = 512, room = size + 64;
  static constexpr bool apart = std::is_same_v<std::remove_const_t<T>, half_t>;
  float values[apart ? room : 1];

  auto read(const T* from, std::int64_t n) {
    if constexpr (apart) {
      widen_halves(from, values, n);
      return static_cast<const float*>(values);
    } else {
      return from;
    }
  }
  auto place(T* to) {
    if constexpr (apart)
      return values;
    else
      return to;
  }
  void write(T* to, std::int64_t n) const {
    if constexpr (apart) narrow_halves(values, to, n);
  }
};

}  // namespace KokkosQuant::Impl
