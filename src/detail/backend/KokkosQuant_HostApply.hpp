// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is done with a block as a whole: whether all of it is inside the range is asked; and codes of a byte or less are computed mostly
// without a division, and then clamped as bytes.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../KokkosQuant_InsideBits.hpp"
#include "KokkosQuant_HostBits.hpp"
#include "KokkosQuant_HostBlock.hpp"
#include "KokkosQuant_HostNarrow.hpp"

namespace KokkosQuant::Impl {

template <class Element, class K, class V>
concept rounds_by_bits = requires(const K& k, const V& x) {
  Element::rounded_bits(k, x);
};
// By the reciprocal, if that gives the quotients of the whole block.
template <class Element, class K, int W, int P>
KOKKOSQUANT_HOST_INLINE bool round_quickly(const K (&k)[P], const Pack<float, W> (&x)[P], Pack<std::int32_t, W> (&bits)[P]) {
  constexpr auto exponent = static_cast<std::int32_t>(0xff800000u);
  auto unlike = Pack<std::int32_t, W>::all(0);
  for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
    bits[p] = Element::rounded_bits(k[p], x[p]);
    unlike = unlike | (bits[p] ^ round_shift_bits<float>);
  });
  return !has_any(unlike, exponent);
}

// The same of what is clamped as numbers. (Out: packs of outputs.)
template <class Element, class K, class V, class... Out>
concept applies_by_reciprocal = host_packs_avoid_division<typename V::value_type> && fuses<typename V::value_type, V::width> &&
    requires(const K& k, const V& x, Out&... out) {
  Element::apply_by_reciprocal(k, out..., x);
};
template <class Element, class K, class C, int W, int P, class... Out>
KOKKOSQUANT_HOST_INLINE bool apply_quickly(const K (&k)[P], const Pack<C, W> (&x)[P], Out (&... out)[P]) {
  Pack<C, W> t[P];
  for_each_pack<P>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { t[p] = Element::apply_by_reciprocal(k[p], out[p]..., x[p]); });
  return !has_nan(t);
}

#if defined(KOKKOSQUANT_HOST_AVX512)
template <int P>
KOKKOSQUANT_HOST_INLINE bool all_inside(const InsideBits<std::int32_t>& inside, const Pack<float, 16> (&x)[P]) {
  if (inside.positive < 0) return false;  // nothing is; known to the compiler where lanes differ
  auto most = (__m512i)x[0].get(), furthest = most;
  for_each_pack<P - 1>([&](auto p) KOKKOSQUANT_HOST_LAMBDA {
    const auto bits = (__m512i)x[p + 1].get();
    most = _mm512_maskz_max_epi32(0xffff, most, bits);
    furthest = _mm512_maskz_max_epu32(0xffff, furthest, bits);
  });
  return (_mm512_cmpgt_epi32_mask(most, _mm512_set1_epi32(inside.positive)) |
          _mm512_cmpgt_epu32_mask(furthest, _mm512_set1_epi32(inside.negative))) == 0;
}
#endif

#if defined(KOKKOSQUANT_BYTES)
template <class Q, bool Interleaved, class Element, class K, int W>
KOKKOSQUANT_HOST_INLINE auto bytes_of_codes(const Element& element, const K (&k)[narrowed_packs],
                                            const Pack<float, W> (&x)[narrowed_packs]) {
  const auto block = [](HostBytes bytes) {
    using Bytes = Pack<std::int8_t, narrowed_packs * W>;
    return Block<std::int8_t, narrowed_packs * W, 1, false>{{Bytes::of((typename Bytes::vector)in_order<Interleaved>(bytes))}};
  };
  Pack<std::int32_t, W> code[narrowed_packs];
  if constexpr (fuses<float, W>) {
    if constexpr (rounds_by_bits<Element, K, Pack<float, W>>)
      if (round_quickly<Element>(k, x, code)) [[likely]] {
        for_each_pack<narrowed_packs>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { code[p] = code[p] + k[p].shifted; });
        return block(clamp_bytes<Q>(narrowed<Q>(code), element.range));
      }
  }
  for_each_pack<narrowed_packs>([&](auto p) KOKKOSQUANT_HOST_LAMBDA { element.apply(k[p], code[p], x[p]); });
  return block(narrowed<Q>(code));
}
#endif

}  // namespace KokkosQuant::Impl
