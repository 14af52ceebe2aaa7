// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Are all elements of a chunk zeros, or of magnitudes from 2^-60 up to a limit? One or two instructions an element tell, two or three
// for two of 16 bits.
#pragma once

#include <cstdint>

#include "../KokkosQuant_AffineQuick.hpp"
#include "KokkosQuant_DeviceRange.hpp"

namespace KokkosQuant::Impl {

// limit: up to 2^80, or negative: no element is quick. Double, and single elements of 16 bits.
template <class T>
class QuickInputs {
 public:
  using C = compute_t<T>;
  KOKKOS_FORCEINLINE_FUNCTION explicit QuickInputs(C limit) : limit_(limit) {}

  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION bool hold(const Chunk& x) const {
    if constexpr (sizeof(T) == 2 && Chunk::in_words) {
      return hold_words(x);
    } else if constexpr (std::is_same_v<T, float>) {
      LoadedRange<float, true> range;
      range.include_chunk(x);
      std::uint32_t least = ~0u;
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < Chunk::size; ++v) {
        const std::uint32_t magnitude = quick_order(x.value(v));
        least = magnitude < least ? magnitude : least;
      }
      return range.largest <= limit_ && least >= least_quick_order;
    } else {
      bool all = true;
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < Chunk::size; ++v) {
        const C value = widen<C>(x.value(v));
        all = all & is_quick_numerator(value) & (value <= limit_) & (-value <= limit_);
      }
      return all;
    }
  }
  // The largest |x|; of NaN no limit holds.
  template <class Chunk>
  static KOKKOS_FORCEINLINE_FUNCTION C largest(const Chunk& x) {
    if constexpr (std::is_same_v<T, float> || (sizeof(T) == 2 && Chunk::in_words)) {
      LoadedRange<T, true> range;
      range.include_chunk(x);
      return range.range().hi;
    } else {
      C all = 0;
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < Chunk::size; ++v) {
        const C value = widen<C>(x.value(v)), magnitude = value < 0 ? -value : value;
        all = magnitude <= all ? all : magnitude;
      }
      return all;
    }
  }

 private:
  // Halves are 2^-24 at least. The smallest bfloat16 is found as the distance from it to beyond the limit is, in one word with the largest.
  template <class Chunk>
  KOKKOS_FORCEINLINE_FUNCTION bool hold_words(const Chunk& x) const {
    LoadedRange<T, true> range;
    range.include_chunk(x);
    if constexpr (std::is_same_v<T, half_t>) {
      return range.range().hi <= limit_;
    } else {
      constexpr std::uint32_t two = 0x10001, largest = (127 + 80) << 7, smallest = (127 - 60) << 7, beyond = 0x7fff - largest;
      std::uint32_t least = 0x7fff * two;
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < Chunk::size / 2; ++w) least = least_magnitudes(least, x.word[w]);
      const std::uint32_t order = larger_unsigned_halves(range.largest, (largest + smallest - 1) * two - least);
      return limit_ >= 0 && ((order + beyond * two) & 0x8000 * two) == 0;
    }
  }
  C limit_;
};

}  // namespace KokkosQuant::Impl
