// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Neighbours of one array in a device thread's registers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../KokkosQuant_Operands.hpp"
#include "../KokkosQuant_Scalar.hpp"
#include "KokkosQuant_DeviceTuning.hpp"
#include "KokkosQuant_DeviceWords.hpp"

namespace KokkosQuant::Impl {

// W neighbours; packed codes lie several in each of its values, or of an input less than one: then the first of its lanes is
// shifted down to the first bits.
template <class T, int W>
inline constexpr int chunk_size = std::max<int>(1, W / elements_per<T>);
template <class T, int W>
inline constexpr int chunk_alignment = std::min<int>(device_tuning.access_bytes, sizeof(T) * chunk_size<T, W>);
template <class T, int W>
struct alignas(chunk_alignment<T, W>) Chunk {
  static_assert(W % elements_per<T> == 0 || elements_per<T> % W == 0);
  static constexpr int size = chunk_size<T, W>;
  T value[size];

  template <class C>
  KOKKOS_FORCEINLINE_FUNCTION lane_t<T, C> get(int lane) const {
    if constexpr (packed_type<T>)
      return value[lane / elements_per<T>].get(lane % elements_per<T>);
    else
      return widen<C>(value[lane]);
  }
  KOKKOS_FORCEINLINE_FUNCTION void shift_down(std::int64_t i) {
    if constexpr (W < elements_per<T>)
      value[0].byte = static_cast<std::uint8_t>(value[0].byte >> (i % elements_per<T> * T::bits));
  }
  // Of unpacked data, a word at least. Joined one by one: of a cast whole nvcc makes single stores.
  KOKKOS_FORCEINLINE_FUNCTION auto words() const {
    Words<static_cast<int>(sizeof(Chunk) / sizeof(std::uint32_t))> words;
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < static_cast<int>(sizeof(words) / sizeof(std::uint32_t)); ++w) {
      if constexpr (sizeof(T) == 1) {
        const auto pair = [&](int v) {
          return static_cast<std::uint16_t>(bits_as<std::uint8_t>(value[v]) | bits_as<std::uint8_t>(value[v + 1]) << 8);
        };
        words.word[w] = join(pair(4 * w), pair(4 * w + 2));
      } else if constexpr (sizeof(T) == 2) {
        words.word[w] = join(bits_as<std::uint16_t>(value[2 * w]), bits_as<std::uint16_t>(value[2 * w + 1]));
      } else if constexpr (sizeof(T) == 4) {
        words.word[w] = bits_as<std::uint32_t>(value[w]);
      } else {
        words.word[w] = static_cast<std::uint32_t>(bits_as<std::uint64_t>(value[w / 2]) >> (32 * (w % 2)));
      }
    }
    return words;
  }
  template <class L>
  KOKKOS_FORCEINLINE_FUNCTION void set(int lane, const L& l) {
    if constexpr (packed_type<T>) {
      if (lane % elements_per<T> == 0) value[lane / elements_per<T>] = T{};
      value[lane / elements_per<T>].set(lane % elements_per<T>, static_cast<std::int32_t>(l));
    } else {
      value[lane] = narrow<T>(l);
    }
  }
};

}  // namespace KokkosQuant::Impl
