// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A pack: W values of one type, worked on as one vector of the host's instruction set, of the compilers' own extension. nvcc has no
// such vectors in device code, and in a host-device template accepts an array: there a pack is one, and is read and copied as a vector.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_Scalar.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define KOKKOSQUANT_HOST_INLINE inline __attribute__((always_inline))
// What a functor does in a task: compiled once for all host execution spaces, rather than into the loop of each.
#define KOKKOSQUANT_HOST_TASK __attribute__((noinline))
// The same for loops that gcc makes vectors of: tuned for Intel's processors, of 32 bytes where there are 64. D = 8, backward 0.83-0.95, fake
// quantize backward 0.76-0.95 of the time.
#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__) && !defined(__NVCOMPILER)
#define KOKKOSQUANT_HOST_WIDE __attribute__((noinline, target("prefer-vector-width=512")))
#else
#define KOKKOSQUANT_HOST_WIDE
#endif

namespace KokkosQuant::Impl {

// f(0), f(1), ... f(N - 1) without a loop: gcc keeps arrays of packs in memory that a loop has indexed when it comes to unroll it.
template <class F, int... P>
KOKKOSQUANT_HOST_INLINE void for_each_of(const F& f, std::integer_sequence<int, P...>) {
  (f(std::integral_constant<int, P>{}), ...);
}
template <int N, class F>
KOKKOSQUANT_HOST_INLINE void for_each_pack(const F& f) {
  for_each_of(f, std::make_integer_sequence<int, N>{});
}
#define KOKKOSQUANT_HOST_LAMBDA __attribute__((always_inline))

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define KOKKOSQUANT_HOST_AVX512
inline constexpr int host_vector_bytes = 64;
#elif defined(__AVX2__)
inline constexpr int host_vector_bytes = 32;
#else
inline constexpr int host_vector_bytes = 16;
#endif

// The compilers' vectors; a loose one may lie at any address that suits Align.
template <class T, int W, std::size_t Align = W * sizeof(T)>
struct vector_of {
  typedef T type __attribute__((vector_size(W * sizeof(T)), may_alias, aligned(Align)));
};
template <class T, int W>
using vector_t = typename vector_of<T, W>::type;
template <class T, int W, std::size_t Align = alignof(T)>
using loose_vector_t = typename vector_of<T, W, Align>::type;

template <class T, int W>
struct alignas(W * sizeof(T)) Pack {
  using value_type = T;
  using vector = vector_t<T, W>;
  static constexpr int width = W;
  // Lanes are written by data(): of a vector that has no value yet gcc would say that one lane is not all of it.
  // (Arrays are copied as gcc copies structs: on processors for which it prefers vectors of 32 bytes, as on Intel's, in halves,
  // which a load of 64 bytes then waits for. Backward, floats: 2.6 times as long.)
#if defined(__CUDACC__)
  T lane[W];
  Pack() = default;
  KOKKOS_FORCEINLINE_FUNCTION Pack(const Pack& other) { *this = other; }
  KOKKOS_FORCEINLINE_FUNCTION Pack& operator=(const Pack& other) {
#if defined(__CUDA_ARCH__)
    for (int j = 0; j < W; ++j) lane[j] = other.lane[j];  // (never called)
#else
    *reinterpret_cast<vector*>(this) = other.get();
#endif
    return *this;
  }
#else
  vector lane;
#endif

  KOKKOSQUANT_HOST_INLINE T* data() { return reinterpret_cast<T*>(this); }
  KOKKOSQUANT_HOST_INLINE const T* data() const { return reinterpret_cast<const T*>(this); }
  KOKKOSQUANT_HOST_INLINE vector get() const { return *reinterpret_cast<const vector*>(this); }
  KOKKOSQUANT_HOST_INLINE static Pack of(vector v) {
    Pack p;
    *reinterpret_cast<vector*>(&p) = v;
    return p;
  }
  // one value in all lanes: the subtraction keeps every bit, -0 too
  KOKKOSQUANT_HOST_INLINE static Pack all(T value) { return of(value - vector{}); }
  KOKKOSQUANT_HOST_INLINE static Pack load(const T* from) { return of(*reinterpret_cast<const loose_vector_t<T, W>*>(from)); }
  KOKKOSQUANT_HOST_INLINE void store(T* to) const { *reinterpret_cast<loose_vector_t<T, W>*>(to) = get(); }
};

template <class T, int W>
using IntegerPack = Pack<std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>, W>;

// The operations of KokkosQuant_Scalar.hpp. S is one value for all lanes or a pack.
template <class S, class T, int W>
concept lanes_of = std::same_as<S, T> || std::same_as<S, Pack<T, W>>;
template <class T, int W, lanes_of<T, W> S>
KOKKOSQUANT_HOST_INLINE Pack<T, W> as_pack(const S& s) {
  if constexpr (std::same_as<S, T>)
    return Pack<T, W>::all(s);
  else
    return s;
}

template <class T, int W, lanes_of<T, W> S>
KOKKOSQUANT_HOST_INLINE Pack<T, W> operator+(const Pack<T, W>& a, const S& b) {
  return Pack<T, W>::of(a.get() + as_pack<T, W>(b).get());
}
template <class T, int W, lanes_of<T, W> S>
KOKKOSQUANT_HOST_INLINE Pack<T, W> operator-(const Pack<T, W>& a, const S& b) {
  return Pack<T, W>::of(a.get() - as_pack<T, W>(b).get());
}
template <std::floating_point T, int W>
KOKKOSQUANT_HOST_INLINE Pack<T, W> uncontracted(const Pack<T, W>& value) {
  auto number = value.get();
  KOKKOSQUANT_IN_REGISTER(number);
  return Pack<T, W>::of(number);
}
// RN(a + b), where a may be a product
template <std::floating_point T, int W, lanes_of<T, W> S>
KOKKOSQUANT_HOST_INLINE Pack<T, W> add(const Pack<T, W>& a, const S& b) {
  return Pack<T, W>::of(uncontracted(a).get() + as_pack<T, W>(b).get());
}
// RN(a - b), where a may be a product
template <std::floating_point T, int W>
KOKKOSQUANT_HOST_INLINE Pack<T, W> subtract(const Pack<T, W>& a, const Pack<T, W>& b) {
  return uncontracted(a) - b;
}
template <class T, int W, lanes_of<T, W> S>
KOKKOSQUANT_HOST_INLINE Pack<T, W> divide(const Pack<T, W>& a, const S& b) {
  return Pack<T, W>::of(a.get() / as_pack<T, W>(b).get());
}
template <class T, int W, lanes_of<T, W> S>
KOKKOSQUANT_HOST_INLINE Pack<T, W> multiply(const Pack<T, W>& a, const S& b) {
  return Pack<T, W>::of(a.get() * as_pack<T, W>(b).get());
}

template <std::floating_point T, int W>
KOKKOSQUANT_HOST_INLINE Pack<T, W> operator-(const Pack<T, W>& a) {
  return Pack<T, W>::of(-a.get());
}
// RN(a * b + c), where there is an instruction for it.
template <class C, int W>
inline constexpr bool fuses =
#if defined(__AVX512F__)
    W * sizeof(C) == 64;
#elif defined(__AVX2__) && defined(__FMA__)
    W * sizeof(C) == 32;
#else
    false;
#endif
template <std::floating_point C, int W, lanes_of<C, W> S>
KOKKOSQUANT_HOST_INLINE Pack<C, W> fused_multiply_add([[maybe_unused]] const Pack<C, W>& a, [[maybe_unused]] const S& b,
                                                      const Pack<C, W>& c) {
  static_assert(fuses<C, W>);
#if defined(__AVX512F__)
  const auto factor = as_pack<C, W>(b).get();
  if constexpr (sizeof(C) == 8)
    return Pack<C, W>::of((vector_t<C, W>)_mm512_fmadd_pd((__m512d)a.get(), (__m512d)factor, (__m512d)c.get()));
  else
    return Pack<C, W>::of((vector_t<C, W>)_mm512_fmadd_ps((__m512)a.get(), (__m512)factor, (__m512)c.get()));
#elif defined(__AVX2__) && defined(__FMA__)
  const auto factor = as_pack<C, W>(b).get();
  if constexpr (sizeof(C) == 8)
    return Pack<C, W>::of((vector_t<C, W>)_mm256_fmadd_pd((__m256d)a.get(), (__m256d)factor, (__m256d)c.get()));
  else
    return Pack<C, W>::of((vector_t<C, W>)_mm256_fmadd_ps((__m256)a.get(), (__m256)factor, (__m256)c.get()));
#else
  return c;
#endif
}

// Comparisons give all ones or all zeros a lane.
template <std::floating_point C, int W, lanes_of<C, W> S>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> within(const Pack<C, W>& t, const S& t_min, const S& t_max) {
  using Mask = vector_t<integer_of<C>, W>;
  return IntegerPack<C, W>::of((Mask)(t.get() >= as_pack<C, W>(t_min).get()) & (Mask)(t.get() <= as_pack<C, W>(t_max).get()));
}
template <std::floating_point C, int W, lanes_of<C, W> S>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> within_or_nan(const Pack<C, W>& t, const S& t_min, const S& t_max) {
  using Mask = vector_t<integer_of<C>, W>;
  return IntegerPack<C, W>::of(~((Mask)(t.get() < as_pack<C, W>(t_min).get()) | (Mask)(t.get() > as_pack<C, W>(t_max).get())));
}
// (The value is in a register before the mask is known: gcc would load it under the mask, which is after a division.)
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> keep_if(const IntegerPack<C, W>& kept, const Pack<C, W>& value) {
  using Bits = vector_t<integer_of<C>, W>;
  auto loaded = value.get();
  KOKKOSQUANT_IN_REGISTER(loaded);
  return Pack<C, W>::of((vector_t<C, W>)(kept.get() & (Bits)loaded));
}
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE Pack<I, W> but_not(const Pack<I, W>& mask, const Pack<I, W>& other) {
  return Pack<I, W>::of(mask.get() & ~other.get());
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> nan_to_zero(const Pack<C, W>& t) {
  return keep_if(IntegerPack<C, W>::of((vector_t<integer_of<C>, W>)(t.get() == t.get())), t);
}
template <std::floating_point C, int W, lanes_of<C, W> S>
KOKKOSQUANT_HOST_INLINE Pack<C, W> nan_to(const Pack<C, W>& t, const S& other) {
  const auto instead = as_pack<C, W>(other).get();
  return Pack<C, W>::of(t.get() == t.get() ? t.get() : instead);
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> finite_or_zero(const Pack<C, W>& t) {
  constexpr C largest = std::numeric_limits<C>::max();
  return keep_if(within(t, -largest, largest), t);
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> is_number(const Pack<C, W>& t) {
  return IntegerPack<C, W>::of((vector_t<integer_of<C>, W>)(t.get() == t.get()));
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> choose(const IntegerPack<C, W>& which, const Pack<C, W>& a, const Pack<C, W>& b) {
  return Pack<C, W>::of(which.get() ? a.get() : b.get());
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> everywhere(const Pack<C, W>&) {
  return IntegerPack<C, W>::all(-1);
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> ones_like(const Pack<C, W>&) {
  return Pack<C, W>::all(1);
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> to_flag(const IntegerPack<C, W>& kept, const Pack<C, W>&) {
  return IntegerPack<C, W>::of(kept.get() & 1);
}
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE Pack<I, W> is_set(const Pack<I, W>& flag) {
  return Pack<I, W>::of((vector_t<I, W>)(flag.get() != 0));
}
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE Pack<I, W> is_between(const Pack<I, W>& q, I lo, I hi) {
  return Pack<I, W>::of((vector_t<I, W>)(q.get() > lo) & (vector_t<I, W>)(q.get() < hi));
}
template <class T, int W, lanes_of<T, W> S>
KOKKOSQUANT_HOST_INLINE Pack<T, W> clamp(const Pack<T, W>& t, const S& lo, const S& hi) {
  const auto low = as_pack<T, W>(lo).get(), high = as_pack<T, W>(hi).get();
  const auto raised = t.get() > low ? t.get() : low;
  return Pack<T, W>::of(raised < high ? raised : high);
}
// b where a is NaN
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> least(const Pack<C, W>& a, const Pack<C, W>& b) {
  return Pack<C, W>::of(a.get() < b.get() ? a.get() : b.get());
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> greatest(const Pack<C, W>& a, const Pack<C, W>& b) {
  return Pack<C, W>::of(a.get() > b.get() ? a.get() : b.get());
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> round_small(const Pack<C, W>& t) {
  using Bits = vector_t<integer_of<C>, W>;
  return IntegerPack<C, W>::of((Bits)(t.get() + round_shift<C>)-round_shift_bits<C>);
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> rounded_small(const Pack<C, W>& t) {
  return Pack<C, W>::of((t.get() + round_shift<C>)-round_shift<C>);
}
template <std::floating_point C, int W, lanes_of<integer_of<C>, W> S>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> round_small_and_add(const Pack<C, W>& t, const S& shifted) {
  using Bits = vector_t<integer_of<C>, W>;
  return IntegerPack<C, W>::of((Bits)(t.get() + round_shift<C>)+as_pack<integer_of<C>, W>(shifted).get());
}
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE auto from_small_integer(const Pack<I, W>& i) {
  if constexpr (sizeof(I) == 4)
    return Pack<float, W>::of(__builtin_convertvector(i.get(), vector_t<float, W>));
  else
    return Pack<double, W>::of((vector_t<double, W>)(i.get() + round_shift_bits<double>)-round_shift<double>);
}

}  // namespace KokkosQuant::Impl
