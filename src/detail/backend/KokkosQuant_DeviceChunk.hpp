// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Neighbours of one array in a device thread's registers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../KokkosQuant_Operands.hpp"
#include "../KokkosQuant_Scalar.hpp"
#include "KokkosQuant_DevicePairs.hpp"
#include "KokkosQuant_DeviceTuning.hpp"
#include "KokkosQuant_DeviceWords.hpp"

namespace KokkosQuant::Impl {

// W neighbours; packed codes lie several in each of its values, or of an input less than one: then the first of its lanes is
// shifted down to the first bits.
template <class T, int W>
inline constexpr int chunk_size = std::max<int>(1, W / elements_per<T>);
template <class T, int W>
inline constexpr int chunk_alignment = std::min<int>(device_tuning.access_bytes, sizeof(T) * chunk_size<T, W>);

// Its values: those of less than a word in words, as registers are.
template <class T, int Size, bool InWords = (sizeof(T) < 4 && sizeof(T) * Size % 4 == 0)>
struct ChunkValues {
  T values[Size];
  KOKKOS_FORCEINLINE_FUNCTION T value(int v) const { return values[v]; }
  KOKKOS_FORCEINLINE_FUNCTION void put(int v, const T& value) { values[v] = value; }
  KOKKOS_FORCEINLINE_FUNCTION auto words() const {
    constexpr int n = static_cast<int>(Size * sizeof(T) / sizeof(std::uint32_t));
    Words<n> words;
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < n; ++w) {
      if constexpr (sizeof(T) == 8)
        words.word[w] = static_cast<std::uint32_t>(bits_as<std::uint64_t>(values[w / 2]) >> (32 * (w % 2)));
      else if constexpr (sizeof(T) == 4)
        words.word[w] = bits_as<std::uint32_t>(values[w]);
    }
    return words;
  }
};
template <class T, int Size>
struct ChunkValues<T, Size, true> {
  static constexpr int bits = 8 * sizeof(T), per_word = 32 / bits;
  using Bits = std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>;
  std::uint32_t word[Size / per_word];

  KOKKOS_FORCEINLINE_FUNCTION T value(int v) const {
    return bits_as<T>(static_cast<Bits>(word[v / per_word] >> (bits * (v % per_word))));
  }
  // From the first to the last: the first of a word is all of it.
  KOKKOS_FORCEINLINE_FUNCTION void put(int v, const T& value) {
    std::uint32_t& to = word[v / per_word];
    const std::uint32_t from = bits_as<Bits>(value);
    switch (bits * (v % per_word)) {
      case 0: to = from; break;
      case 8: to = select_bytes<0x3240>(to, from); break;
      case 16: to = select_bytes<(sizeof(T) == 2 ? low_halves : 0x3410)>(to, from); break;
      default: to = select_bytes<0x4210>(to, from);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION auto words() const {
    Words<Size / per_word> words;
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < Size / per_word; ++w) words.word[w] = word[w];
    return words;
  }
};

template <class T, int W>
struct alignas(chunk_alignment<T, W>) Chunk : ChunkValues<T, chunk_size<T, W>> {
  static_assert(W % elements_per<T> == 0 || elements_per<T> % W == 0);
  static constexpr int size = chunk_size<T, W>;
  static constexpr bool in_words = sizeof(T) < 4 && sizeof(T) * size % 4 == 0;

  template <class C>
  KOKKOS_FORCEINLINE_FUNCTION lane_t<T, C> get(int lane) const {
    if constexpr (packed_type<T>)
      return this->value(lane / elements_per<T>).get(lane % elements_per<T>);
    else if constexpr (in_words && std::is_same_v<T, bfloat16_t> && std::is_same_v<C, float>)
      return bits_as<float>(lane % 2 == 0 ? this->word[lane / 2] << 16 : this->word[lane / 2] & 0xffff0000u);
    else
      return widen<C>(this->value(lane));
  }
  KOKKOS_FORCEINLINE_FUNCTION void shift_down(std::int64_t i) {
    if constexpr (W < elements_per<T>)
      this->values[0].byte = static_cast<std::uint8_t>(this->values[0].byte >> (i % elements_per<T> * T::bits));
  }
  // Codes, two lanes in a word of `pair`.
  KOKKOS_FORCEINLINE_FUNCTION void set_pairs(const std::uint32_t* pair) {
    static_assert(in_words && sizeof(T) == 1);
    constexpr int lanes_a_word = 4 * static_cast<int>(elements_per<T>);
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < W / lanes_a_word; ++w) this->word[w] = pack_pairs<lanes_a_word>(&pair[w * lanes_a_word / 2]);
  }
  // The same of bytes, two of them beside each other.
  KOKKOS_FORCEINLINE_FUNCTION void set_pairs(const std::uint16_t* pair) {
    static_assert(in_words && sizeof(T) == 1 && elements_per<T> == 1);
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < W / 4; ++w) this->word[w] = join(pair[2 * w], pair[2 * w + 1]);
  }
  // All lanes.
  template <class L>
  KOKKOS_FORCEINLINE_FUNCTION void set_all(const L (&lane)[W]) {
    const auto value_of = [&](int v) {
      if constexpr (packed_type<T>) {
        std::uint32_t byte = 0;
        KOKKOSQUANT_UNROLL
        for (int j = 0; j < elements_per<T>; ++j)
          byte |= (static_cast<std::uint32_t>(lane[v * elements_per<T> + j]) & ((1u << T::bits) - 1)) << (j * T::bits);
        return T{static_cast<std::uint8_t>(byte)};
      } else {
        return narrow<T>(lane[v]);
      }
    };
    if constexpr (in_words && element_type<T>) {
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W / 2; ++w) this->word[w] = narrow_pair<T>(lane[2 * w], lane[2 * w + 1]);
    } else if constexpr (in_words) {
      constexpr int per_word = 4 / sizeof(T);
      const auto bits_of = [&](int v) {
        using Bits = std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>;
        return static_cast<std::uint32_t>(bits_as<Bits>(value_of(v)));
      };
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < size / per_word; ++w) {
        if constexpr (per_word == 2)
          this->word[w] = select_bytes<low_halves>(bits_of(2 * w), bits_of(2 * w + 1));
        else
          this->word[w] = select_bytes<low_halves>(select_bytes<0x3240>(bits_of(4 * w), bits_of(4 * w + 1)),
                                                   select_bytes<0x3240>(bits_of(4 * w + 2), bits_of(4 * w + 3)));
      }
    } else {
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < size; ++v) this->put(v, value_of(v));
    }
  }
  // (from the first lane to the last)
  template <class L>
  KOKKOS_FORCEINLINE_FUNCTION void set(int lane, const L& l) {
    if constexpr (packed_type<T>) {
      T packed = lane % elements_per<T> == 0 ? T{} : this->value(lane / elements_per<T>);
      packed.set(lane % elements_per<T>, static_cast<std::int32_t>(l));
      this->put(lane / elements_per<T>, packed);
    } else {
      this->put(lane, narrow<T>(l));
    }
  }
};

// Numbers as they come back from an array of T.
template <class T, class C, int W>
KOKKOS_FORCEINLINE_FUNCTION void round_as_stored(C (&lane)[W]) {
  Chunk<T, W> chunk;
  chunk.set_all(lane);
  KOKKOSQUANT_UNROLL
  for (int w = 0; w < W; ++w) lane[w] = chunk.template get<C>(w);
}

}  // namespace KokkosQuant::Impl
