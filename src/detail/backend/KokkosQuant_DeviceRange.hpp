// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The range of elements as they are loaded, in one instruction for each of them or less: of an element that is not finite no more
// is known of it than that.
#pragma once

#include <cstdint>

#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_DeviceChunk.hpp"
#include "KokkosQuant_DevicePairs.hpp"

namespace KokkosQuant::Impl {

// Magnitude: the largest |x| alone, as if it were positive. Double.
template <class T, bool Magnitude>
struct LoadedRange {
  FiniteRange<T> of{0, 0};
  static constexpr bool shows_nan = false;

  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION void include_chunk(const Chunk& chunk) {
    KOKKOSQUANT_UNROLL
    for (int v = 0; v < Chunk::size; ++v) of.template include<false>(chunk.value(v));
  }
  KOKKOS_FORCEINLINE_FUNCTION void include(const LoadedRange& other) { of.include(other.of); }
  KOKKOS_FORCEINLINE_FUNCTION FiniteRange<T> range() const { return of; }
  KOKKOS_FORCEINLINE_FUNCTION LoadedRange joined() const { return *this; }  // in as few words as it needs
};
// Float
template <>
struct LoadedRange<float, true> {
  float largest = 0;
  static constexpr bool shows_nan = true;

  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION void include_chunk(const Chunk& chunk) {
    KOKKOSQUANT_UNROLL
    for (int v = 0; v < Chunk::size; ++v) largest = larger_magnitude(largest, chunk.value(v));
  }
  KOKKOS_FORCEINLINE_FUNCTION void include(const LoadedRange& other) { largest = larger_magnitude(largest, other.largest); }
  KOKKOS_FORCEINLINE_FUNCTION FiniteRange<float> range() const { return {0, largest}; }
  KOKKOS_FORCEINLINE_FUNCTION LoadedRange joined() const { return *this; }
};
template <>
struct LoadedRange<float, false> {
  float below = 0, above = 0;  // the largest -x and x
  static constexpr bool shows_nan = true;

  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION void include_chunk(const Chunk& chunk) {
    KOKKOSQUANT_UNROLL
    for (int v = 0; v < Chunk::size; ++v) {
      below = larger_or_nan(below, -chunk.value(v));
      above = larger_or_nan(above, chunk.value(v));
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void include(const LoadedRange& other) {
    below = larger_or_nan(below, other.below);
    above = larger_or_nan(above, other.above);
  }
  KOKKOS_FORCEINLINE_FUNCTION FiniteRange<float> range() const { return {-below, above}; }
  KOKKOS_FORCEINLINE_FUNCTION LoadedRange joined() const { return *this; }
};
// 16 bits, two in a word
template <class T>
requires(sizeof(T) == 2) struct LoadedRange<T, true> {
  std::uint32_t largest = 0;
  static constexpr bool shows_nan = true;

  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION void include_chunk(const Chunk& chunk) {
    each_word(chunk, [&](std::uint32_t a, std::uint32_t b) { include_words(a, b); });
  }
  KOKKOS_FORCEINLINE_FUNCTION void include_words(std::uint32_t a, std::uint32_t b) { largest = largest_halves(largest, a, b); }
  KOKKOS_FORCEINLINE_FUNCTION void include(const LoadedRange& other) { largest = larger_halves(largest, other.largest); }
  KOKKOS_FORCEINLINE_FUNCTION FiniteRange<float> range() const { return {0, larger_half<T>(largest)}; }
  KOKKOS_FORCEINLINE_FUNCTION LoadedRange joined() const { return *this; }
  KOKKOS_FORCEINLINE_FUNCTION LoadedRange half(int h) const { return {largest & (h == 0 ? 0xffffu : 0xffff0000u)}; }

  // of a chunk, two words at a time
  template <class Chunk, class F>
  static KOKKOS_FORCEINLINE_FUNCTION void each_word(const Chunk& chunk, const F& f) {
    if constexpr (Chunk::in_words) {
      constexpr int n = Chunk::size / 2;
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < n; w += 2) f(chunk.word[w], w + 1 < n ? chunk.word[w + 1] : 0);
    } else {
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < Chunk::size; ++v) f(bits_as<std::uint16_t>(chunk.value(v)), 0);
    }
  }
};
template <class T>
struct JoinedRange {
  std::uint32_t halves = 0;  // the largest -x and x
  KOKKOS_FORCEINLINE_FUNCTION void include(const JoinedRange& other) { halves = larger_halves(halves, other.halves); }
  KOKKOS_FORCEINLINE_FUNCTION FiniteRange<float> range() const {
    return {-larger_half<T>(halves & 0xffffu), larger_half<T>(halves >> 16)};
  }
};
template <class T>
requires(sizeof(T) == 2) struct LoadedRange<T, false> {
  std::uint32_t below = 0, above = 0;  // the smallest and the largest
  static constexpr bool shows_nan = true;

  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION void include_chunk(const Chunk& chunk) {
    LoadedRange<T, true>::each_word(chunk, [&](std::uint32_t a, std::uint32_t b) { include_words(a, b); });
  }
  KOKKOS_FORCEINLINE_FUNCTION void include_words(std::uint32_t a, std::uint32_t b) {
    below = smaller_halves(smaller_halves(a, b), below);
    above = larger_halves(larger_halves(a, b), above);
  }
  KOKKOS_FORCEINLINE_FUNCTION void include(const LoadedRange& other) {
    below = smaller_halves(below, other.below);
    above = larger_halves(above, other.above);
  }
  KOKKOS_FORCEINLINE_FUNCTION FiniteRange<float> range() const {
    return {-larger_half<T>(below & 0x7fff7fffu), larger_half<T>(above)};
  }
  KOKKOS_FORCEINLINE_FUNCTION JoinedRange<T> joined() const {
    const std::uint32_t minus_below = below & 0x7fff7fffu;
    return {larger_halves(select_bytes<low_halves>(minus_below, above), select_bytes<high_halves>(minus_below, above))};
  }
  KOKKOS_FORCEINLINE_FUNCTION LoadedRange half(int h) const {
    const std::uint32_t of = h == 0 ? 0xffffu : 0xffff0000u;
    return {below & of, above & of};
  }
};

// The ranges of a chunk's W positions, each for itself.
template <class T, bool Magnitude, int W>
struct LaneRanges {
  using Of = LoadedRange<T, Magnitude>;
  static constexpr bool in_words = sizeof(T) == 2 && W % 2 == 0, shows_nan = Of::shows_nan;
  Of of[in_words ? W / 2 : W];  // (two positions, a half each)

  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION void include_chunk(const Chunk& chunk) {
    if constexpr (in_words) {
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W / 2; ++w) of[w].include_words(chunk.word[w], 0);
    } else {
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) of[lane].include_chunk(OneValue{chunk.value(lane)});
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void include(const LaneRanges& other) {
    KOKKOSQUANT_UNROLL
    for (int j = 0; j < static_cast<int>(sizeof(of) / sizeof(Of)); ++j) of[j].include(other.of[j]);
  }
  KOKKOS_FORCEINLINE_FUNCTION auto range(int lane) const {
    if constexpr (in_words)
      return of[lane / 2].half(lane % 2).range();
    else
      return of[lane].range();
  }

 private:
  struct OneValue {
    static constexpr int size = 1;
    static constexpr bool in_words = false;
    T of;
    KOKKOS_FORCEINLINE_FUNCTION T value(int) const { return of; }
  };
};

// The constants of a cell whose elements are finite. Zeros alone, and the least of scales: what comes of them is the same with any scale,
// where the code of 0 is the zero point, and not clamped.
template <class Element, class Found, class C>
KOKKOS_FORCEINLINE_FUNCTION auto quick_constants_of(const Element& element, const Found& found, const FiniteRange<C>& range) {
  using CellData = typename Element::CellData;
  auto k = element.quick_constants(CellData{found.scale, found.zero_point});
  bool keeps_zero = true;
  if constexpr (requires { element.range.q_min; })
    keeps_zero = element.range.q_min <= found.zero_point && found.zero_point <= element.range.q_max;
  if (!k.quick && range.magnitude() == C(0) && keeps_zero)
    k = element.quick_constants(CellData{decltype(found.scale)(1.0f), found.zero_point});
  return k;
}

}  // namespace KokkosQuant::Impl
