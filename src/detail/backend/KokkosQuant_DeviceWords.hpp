// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Neighbours in memory as 32-bit words in registers: cut and shifted there, so that data at any address is moved by few accesses,
// each at a multiple of its size.
#pragma once

#include <cstdint>

#include "KokkosQuant_Arithmetic.hpp"

namespace KokkosQuant::Impl {

template <int N>
struct Words {
  std::uint32_t word[N];
};

// The first To words behind `bytes`, rounded down to words; Unit divides the bytes. Registers have no index that changes: a select
// for each of them and each power of two.
template <int To, int Unit, int Step = 4, int From>
KOKKOS_FORCEINLINE_FUNCTION Words<To> words_from(Words<From> w, std::uint32_t bytes) {
  if constexpr (Step == 0 || 4 * Step < Unit) {
    Words<To> to;
    KOKKOSQUANT_UNROLL
    for (int j = 0; j < To; ++j) to.word[j] = w.word[j];
    return to;
  } else {
    if constexpr (Step <= From - To) {
      const bool moves = (bytes & static_cast<std::uint32_t>(4 * Step)) != 0;
      KOKKOSQUANT_UNROLL
      for (int j = 0; j < From - Step; ++j) w.word[j] = moves ? w.word[j + Step] : w.word[j];
    }
    return words_from<To, Unit, Step / 2>(w, bytes);
  }
}

// The bytes from any byte on, of which Unit divides the number.
template <int To, int Unit, int From>
KOKKOS_FORCEINLINE_FUNCTION Words<To> bytes_from(const Words<From>& words, std::uint32_t bytes) {
  static_assert(From > To);
  if constexpr (Unit >= 4) {
    return words_from<To, Unit>(words, bytes);
  } else {
    const Words<To + 1> w = words_from<To + 1, Unit>(words, bytes);
    Words<To> to;
    KOKKOSQUANT_UNROLL
    for (int j = 0; j < To; ++j) {  // (one instruction on devices)
      const std::uint64_t pair = w.word[j] | static_cast<std::uint64_t>(w.word[j + 1]) << 32;
      to.word[j] = static_cast<std::uint32_t>(pair >> (8 * (bytes % 4)));
    }
    return to;
  }
}

// So many bytes, of a multiple of them among the words, to an address that is one.
template <int Bytes, int N>
KOKKOS_FORCEINLINE_FUNCTION void store_bytes(void* to, const Words<N>& words, std::uint32_t at) {
  const auto w = words_from<(Bytes > 4 ? Bytes / 4 : 1), Bytes>(words, at);
  if constexpr (Bytes >= 4)
    store_words<Bytes / 4>(to, w.word);
  else if constexpr (Bytes == 2)
    *static_cast<std::uint16_t*>(to) = static_cast<std::uint16_t>(w.word[0] >> (8 * (at % 4)));
  else
    *static_cast<std::uint8_t*>(to) = static_cast<std::uint8_t>(w.word[0] >> (8 * (at % 4)));
}

// The first or the last `bytes` of words, which go to `to`, in accesses of Unit, 2 Unit, 4 Unit, ... bytes.
template <int Unit, int N>
KOKKOS_FORCEINLINE_FUNCTION void store_end(std::uint8_t* to, const Words<N>& words, std::uint32_t bytes, bool is_last) {
  if constexpr (Unit < 4 * N) {
    if ((bytes & Unit) != 0) {
      const std::uint32_t at =
          is_last ? 4 * N - (bytes & ~static_cast<std::uint32_t>(Unit - 1)) : bytes & ~static_cast<std::uint32_t>(2 * Unit - 1);
      store_bytes<Unit>(to + at, words, at);
    }
    store_end<2 * Unit>(to, words, bytes, is_last);
  }
}

}  // namespace KokkosQuant::Impl
