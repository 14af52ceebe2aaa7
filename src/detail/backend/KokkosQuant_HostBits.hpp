// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operations on the bits of packs: those that detail/KokkosQuant_Float8Bits.hpp and detail/KokkosQuant_ErrorBoundElement.hpp
// are written in, for packs.
#pragma once

#include <concepts>
#include <cstdint>

#include "KokkosQuant_HostPack.hpp"

namespace KokkosQuant::Impl {

template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> to_bits(const Pack<C, W>& value) {
  return IntegerPack<C, W>::of((vector_t<integer_of<C>, W>)value.get());
}
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE auto from_bits(const Pack<I, W>& bits) {
  using C = std::conditional_t<sizeof(I) == 8, double, float>;
  return Pack<C, W>::of((vector_t<C, W>)bits.get());
}
template <std::signed_integral I, int W, lanes_of<I, W> S>
KOKKOSQUANT_HOST_INLINE Pack<I, W> operator|(const Pack<I, W>& a, const S& b) {
  return Pack<I, W>::of(a.get() | as_pack<I, W>(b).get());
}
template <std::signed_integral I, int W, lanes_of<I, W> S>
KOKKOSQUANT_HOST_INLINE Pack<I, W> operator&(const Pack<I, W>& a, const S& b) {
  return Pack<I, W>::of(a.get() & as_pack<I, W>(b).get());
}
template <std::signed_integral I, int W, lanes_of<I, W> S>
KOKKOSQUANT_HOST_INLINE Pack<I, W> operator^(const Pack<I, W>& a, const S& b) {
  return Pack<I, W>::of(a.get() ^ as_pack<I, W>(b).get());
}
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE Pack<I, W> operator<<(const Pack<I, W>& a, int places) {
  return Pack<I, W>::of(a.get() << places);
}
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE Pack<I, W> operator>>(const Pack<I, W>& a, int places) {
  return Pack<I, W>::of(a.get() >> places);
}

template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE Pack<I, W> is_below(const Pack<I, W>& value, I limit) {
  return Pack<I, W>::of((vector_t<I, W>)(value.get() < limit));
}
// Any of these bits in any lane?
template <std::signed_integral I, int W>
KOKKOSQUANT_HOST_INLINE bool has_any(const Pack<I, W>& lanes, I bits) {
#if defined(__AVX512F__)
  if constexpr (W * sizeof(I) == 64)
    return _mm512_test_epi32_mask((__m512i)lanes.get(), (__m512i)Pack<I, W>::all(bits).get()) != 0;
#endif
#if defined(__AVX2__)
  if constexpr (W * sizeof(I) == 32) return _mm256_testz_si256((__m256i)lanes.get(), (__m256i)Pack<I, W>::all(bits).get()) == 0;
#endif
  I all = 0;
  for (int l = 0; l < W; ++l) all |= lanes.lane[l];
  return (all & bits) != 0;
}

// Is any lane NaN? Two packs a comparison, where there are masks.
template <std::floating_point C, int W, int P>
KOKKOSQUANT_HOST_INLINE bool has_nan(const Pack<C, W> (&t)[P]) {
#if defined(__AVX512F__)
  if constexpr (W * sizeof(C) == 64) {
    unsigned nan = 0;
    for_each_pack<(P + 1) / 2>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
      constexpr int a = 2 * p, b = a + 1 < P ? a + 1 : a;
      if constexpr (sizeof(C) == 4)
        nan |= _mm512_cmp_ps_mask((__m512)t[a].get(), (__m512)t[b].get(), _CMP_UNORD_Q);
      else
        nan |= _mm512_cmp_pd_mask((__m512d)t[a].get(), (__m512d)t[b].get(), _CMP_UNORD_Q);
    });
    return nan != 0;
  }
#endif
  constexpr integer_of<C> all = -1;
  auto numbers = IntegerPack<C, W>::all(all);
  for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { numbers = numbers & is_number(t[p]); });
  return has_any(numbers ^ all, all);
}

// As the scalar ones: of two that are not NaN.
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> greatest(const Pack<C, W>& a, C b) {
  const auto other = Pack<C, W>::all(b).get();
  return Pack<C, W>::of(a.get() > other ? a.get() : other);
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE Pack<C, W> least(const Pack<C, W>& a, C b) {
  const auto other = Pack<C, W>::all(b).get();
  return Pack<C, W>::of(a.get() < other ? a.get() : other);
}
template <std::floating_point C, int W>
KOKKOSQUANT_HOST_INLINE IntegerPack<C, W> unless_nan(const Pack<C, W>& t, const IntegerPack<C, W>& value,
                                                     integer_of<C> if_nan) {
  const auto instead = IntegerPack<C, W>::all(if_nan).get();
  return IntegerPack<C, W>::of(t.get() == t.get() ? value.get() : instead);
}

// |t| <= 2^31: nearest integer, ties to even. And the nearest float of an integer.
template <int W>
KOKKOSQUANT_HOST_INLINE Pack<std::int32_t, W> round_any(const Pack<float, W>& t) {
  const auto bits = to_bits(t), magnitude = bits & 0x7fffffff;
  const auto shift = from_bits((bits ^ magnitude) | 0x4b000000).get();  // 2^23 with the sign of t
  const auto rounded = magnitude.get() < 0x4b000000 ? (t.get() + shift) - shift : t.get();
  return Pack<std::int32_t, W>::of(__builtin_convertvector(rounded, vector_t<std::int32_t, W>));
}
template <int W>
KOKKOSQUANT_HOST_INLINE Pack<float, W> from_any_integer(const Pack<std::int32_t, W>& i) {
  return Pack<float, W>::of(__builtin_convertvector(i.get(), vector_t<float, W>));
}

}  // namespace KokkosQuant::Impl
