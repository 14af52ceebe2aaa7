// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packs whose inputs may stand anywhere: each is cut out of the aligned accesses around it.
#pragma once

#include <cstdint>
#include <utility>

#include "KokkosQuant_DevicePack.hpp"

namespace KokkosQuant::Impl {

// The aligned accesses that hold W neighbours, and where they start there.
template <class T, int W>
struct ChunkAround {
  using Of = Chunk<T, W>;
  static constexpr int access = chunk_alignment<T, W>, bytes = sizeof(Of);
  struct alignas(access) Access {
    std::uint32_t word[access / 4];
  };
  Words<(bytes + access) / 4> words;
  std::uint32_t skipped;

  KOKKOS_FORCEINLINE_FUNCTION void load(const T* from) {
    const auto address = reinterpret_cast<std::uintptr_t>(from);
    skipped = static_cast<std::uint32_t>(address % access);
    const auto* const first = reinterpret_cast<const Access*>(address - skipped);
    KOKKOSQUANT_UNROLL
    for (int a = 0; a < bytes / access; ++a) put(a, first[a]);
    put(bytes / access, skipped != 0 ? first[bytes / access] : Access{});
  }
  KOKKOS_FORCEINLINE_FUNCTION Of chunk() const {
    return bits_as<Of>(bytes_from<bytes / 4, (sizeof(T) < 4 ? sizeof(T) : 4)>(words, skipped));
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION void put(int at, const Access& read) {
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < access / 4; ++w) words.word[at * (access / 4) + w] = read.word[w];
  }
};
// (less than a word: one by one)
template <class T, int W>
requires(sizeof(Chunk<T, W>) < 4) struct ChunkAround<T, W> {
  Chunk<T, W> read;

  KOKKOS_FORCEINLINE_FUNCTION void load(const T* from) {
    KOKKOSQUANT_UNROLL
    for (int v = 0; v < Chunk<T, W>::size; ++v) read.put(v, from[v]);
  }
  KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W> chunk() const { return read; }
};

// Loads read up to 2 W elements before and behind a pack.
template <class Element, class Out, class In, int W>
struct DeviceShiftedPack;
template <class Element, class Out, class... I, int W>
struct DeviceShiftedPack<Element, Out, Inputs<I...>, W> : DevicePack<Element, Out, Inputs<I...>, W> {
  using Base = DevicePack<Element, Out, Inputs<I...>, W>;
  static constexpr int reach = 2 * W;
  Tuple<ChunkAround<I, W>...> around;

  KOKKOS_FORCEINLINE_FUNCTION void load(const typename Base::Walk& walk, std::uint32_t o, std::int32_t i) {
    load(walk, o, i, std::index_sequence_for<I...>{});
  }
  KOKKOS_FORCEINLINE_FUNCTION void settle() { settle(std::index_sequence_for<I...>{}); }

 private:
  template <std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void load(const typename Base::Walk& walk, std::uint32_t o, std::int32_t i,
                                        std::index_sequence<B...>) {
    (get<B>(around).load(Base::start(get<B>(walk.in), o, i)), ...);
  }
  template <std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void settle(std::index_sequence<B...>) {
    ((get<B>(this->in) = get<B>(around).chunk()), ...);
  }
};

}  // namespace KokkosQuant::Impl
