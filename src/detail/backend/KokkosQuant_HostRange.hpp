// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The range of elements on the host. By their bits where they are narrower than what they are computed in, or where the largest |x| is
// all that is asked for: that shows an element that is not finite, and a second look leaves it out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "../KokkosQuant_CellWalk.hpp"
#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_HostBlock.hpp"
#include "KokkosQuant_HostTuning.hpp"

namespace KokkosQuant::Impl {

template <class T, bool Magnitude>
inline constexpr bool is_ranged_by_bits = sizeof(T) == 2 || (std::is_same_v<T, float> && Magnitude);

// The largest of all lanes.
template <class Key, int W>
KOKKOSQUANT_HOST_INLINE Key largest_lane(vector_t<Key, W> lanes) {
#if defined(__AVX512F__)
  if constexpr (W * sizeof(Key) == 64) {
    const auto half = (vector_t<Key, W / 2>)_mm512_maskz_extracti64x4_epi64(0xf, (__m512i)lanes, 1);
    const auto other =
        (vector_t<Key, W / 2>)_mm512_maskz_extracti64x4_epi64(0xf, (__m512i)lanes, 0);  // (gcc 12 warns of the cast)
    return largest_lane<Key, W / 2>(half > other ? half : other);
  }
#endif
#if defined(__AVX2__)
  if constexpr (W * sizeof(Key) == 32) {
    const auto half = (vector_t<Key, W / 2>)_mm256_extracti128_si256((__m256i)lanes, 1);
    const auto other = (vector_t<Key, W / 2>)_mm256_castsi256_si128((__m256i)lanes);
    return largest_lane<Key, W / 2>(half > other ? half : other);
  }
  if constexpr (W == 8 && sizeof(Key) == 2) {  // the least of the complements, unsigned
    const __m128i least = _mm_minpos_epu16(_mm_xor_si128((__m128i)lanes, _mm_set1_epi16(0x7fff)));
    return static_cast<Key>(_mm_cvtsi128_si32(least) ^ 0x7fff);
  }
#endif
  Pack<Key, W> pack = Pack<Key, W>::of(lanes);
  for (int l = 1; l < W; ++l) pack.data()[0] = std::max(pack.data()[0], pack.data()[l]);
  return pack.lane[0];
}

// Keys are integers in the order of the numbers.
template <class T, bool Magnitude>
struct RangeOfBits {
  using Key = std::conditional_t<sizeof(T) == 2, std::int16_t, std::int32_t>;
  static constexpr int width = host_vector_bytes / static_cast<int>(sizeof(T));
  static constexpr Key all_but_sign = std::numeric_limits<Key>::max();
  using Keys = vector_t<Key, width>;
  Keys least, most;
  // (of its own: one that nvcc writes is for devices too, and that crashes it)
  KOKKOSQUANT_HOST_INLINE RangeOfBits() { least = most = Keys{}; }

  KOKKOSQUANT_HOST_INLINE void include(Keys bits) {
    if constexpr (Magnitude) {
      const Keys key = bits & all_but_sign;
      most = most > key ? most : key;
    } else {
      const Keys key = bits ^ ((bits >> (8 * sizeof(Key) - 1)) & all_but_sign);
      least = least < key ? least : key;
      most = most > key ? most : key;
    }
  }
  // n elements one behind the other
  KOKKOSQUANT_HOST_INLINE void include(const T* from, std::int64_t n) {
    if (n < width) return include(first_of(from, static_cast<int>(n)));
    std::int64_t i = 0;
    if (n >= 4 * width) {
      RangeOfBits other;  // two at once: a maximum waits for the one before
      for (; i + 2 * width <= n; i += 2 * width) {
        include(whole(from + i));
        other.include(whole(from + i + width));
      }
      least = least < other.least ? least : other.least;
      most = most > other.most ? most : other.most;
    }
    for (; i + width <= n; i += width) include(whole(from + i));
    if (i < n) include(whole(from + n - width));  // some of them again
  }
  KOKKOSQUANT_HOST_INLINE FiniteRange<float> range() const {
    const float hi = number(largest_lane<Key, width>(most));
    if constexpr (Magnitude)
      return {0, hi};
    else
      return {number(static_cast<Key>(~largest_lane<Key, width>(~least))), hi};
  }

 private:
  static KOKKOSQUANT_HOST_INLINE Keys whole(const T* from) {
    return *reinterpret_cast<const loose_vector_t<Key, width, alignof(T)>*>(from);
  }
  static KOKKOSQUANT_HOST_INLINE Keys first_of(const T* from, int n) {  // and zeros
#if defined(KOKKOSQUANT_HOST_AVX512)
    if constexpr (sizeof(Key) == 2)
      return (Keys)_mm512_maskz_loadu_epi16((__mmask32(1) << n) - 1, from);
    else
      return (Keys)_mm512_maskz_loadu_epi32(static_cast<__mmask16>((1 << n) - 1), from);
#else
    alignas(host_vector_bytes) Key some[width] = {};
    __builtin_memcpy(some, from, static_cast<std::size_t>(n) * sizeof(T));
    return *reinterpret_cast<const Keys*>(some);
#endif
  }
  static KOKKOSQUANT_HOST_INLINE float number(Key key) {
    const auto bits = static_cast<Key>(key ^ ((key >> (8 * sizeof(Key) - 1)) & all_but_sign));
    return widen<float>(bits_as<T>(bits));
  }
};

// The range of all lanes.
template <class C, int W>
KOKKOSQUANT_HOST_INLINE FiniteRange<C> range_of_lanes(const FiniteRange<Pack<C, W>>& r) {
  if constexpr (W == 1) {
    return {r.lo.data()[0], r.hi.data()[0]};
  } else {
    using Half = Pack<C, W / 2>;
    return range_of_lanes(FiniteRange<Half>{least(Half::load(r.lo.data()), Half::load(r.lo.data() + W / 2)),
                                            greatest(Half::load(r.hi.data()), Half::load(r.hi.data() + W / 2))});
  }
}

// The ranges of rectangles of an array. Magnitude: only the largest |x| is wanted, as if it were positive.
template <class C, class T, bool Magnitude>
struct HostRanges {
  static constexpr int width = host_vector_bytes / static_cast<int>(sizeof(C)), packs = 2, size = width * packs;
  using V = Pack<C, width>;
  using Elements = Block<C, width, packs, std::is_same_v<T, bfloat16_t>>;
  Lines<const T> x;

  FiniteRange<C> along(const CellWalk::Rectangle& r) const {
    const FiniteRange<C> range = first_look(r);
    return range.is_finite() ? range : range_of_lanes(lanes_along<true>(r));
  }
  // Of each position of a rectangle of at most `tile` positions.
  static constexpr int tile = host_tuning.cell_positions;
  struct Positions {
    FiniteRange<V> pack[(tile + width - 1) / width];
    FiniteRange<C> operator[](std::int64_t j) const {
      return {pack[j / width].lo.lane[j % width], pack[j / width].hi.lane[j % width]};
    }
  };
  Positions across(const CellWalk::Rectangle& r) const {
    const Positions range = across_of<false>(r);
    bool finite = true;
    for (std::int64_t j = 0; j < r.n; ++j) finite = finite && range[j].is_finite();
    return finite ? range : across_of<true>(r);
  }

  // The ranges of lanes of a rectangle.
  KOKKOSQUANT_HOST_INLINE RangeOfBits<T, Magnitude> keys_along(const CellWalk::Rectangle& r) const {  // contiguous
    RangeOfBits<T, Magnitude> range;
    for (std::int64_t o = r.o0; o < r.o1; ++o) range.include(x.at(o, r.i0), r.n);
    return range;
  }
  template <bool Finite>
  FiniteRange<V> lanes_along(const CellWalk::Rectangle& r) const {
    FiniteRange<V> range[packs] = {{V::all(0), V::all(0)}, {V::all(0), V::all(0)}};
    const auto include = [&](const Elements& e) {
      for (int p = 0; p < packs; ++p) range[p].template include<Finite>(e.pack[p]);
    };
    for (std::int64_t o = r.o0; o < r.o1; ++o) {
      const T* line = x.at(o, r.i0);
      std::int64_t i = 0;
      if (x.inner == 1 && r.n >= size) {
        for (; i + size <= r.n; i += size) include(Elements::template load<C>(line + i));
        if (i < r.n) include(Elements::template load<C>(line + r.n - size));  // some of them again
      } else {
        for (; i < r.n; i += size)
          include(Elements::template load_some<C>(line + i * x.inner, x.inner,
                                                  static_cast<int>(std::min<std::int64_t>(size, r.n - i))));
      }
    }
    range[0].include(range[1]);
    return range[0];
  }

 private:
  FiniteRange<C> first_look(const CellWalk::Rectangle& r) const {
    if constexpr (is_ranged_by_bits<T, Magnitude>)
      if (x.inner == 1) return keys_along(r).range();
    return range_of_lanes(lanes_along<false>(r));
  }
  template <bool Finite>
  Positions across_of(const CellWalk::Rectangle& r) const {
    Positions range;
    const int whole = x.inner == 1 ? static_cast<int>(r.n / width) : 0, all = static_cast<int>((r.n + width - 1) / width);
    for (int j = 0; j < all; ++j) range.pack[j] = {V::all(0), V::all(0)};
    using Some = Block<C, width, 1, false>;
    for (std::int64_t o = r.o0; o < r.o1; ++o) {
      const T* line = x.at(o, r.i0);
      for (int j = 0; j < whole; ++j) range.pack[j].template include<Finite>(load_lanes<width, C>(line + j * width));
      for (int j = whole; j < all; ++j) {
        const int rest = static_cast<int>(std::min<std::int64_t>(width, r.n - j * width));
        range.pack[j].template include<Finite>(Some::template load_some<C>(line + j * width * x.inner, x.inner, rest).pack[0]);
      }
    }
    return range;
  }
};

}  // namespace KokkosQuant::Impl
