// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a device thread has in hand: W neighbours of each operand, moved by vector accesses where they are aligned.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_Operands.hpp"
#include "../KokkosQuant_Scalar.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

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

// The constants of a pack's lanes.
template <class K>
struct OneForAll {
  const K& k;
  KOKKOS_FORCEINLINE_FUNCTION const K& operator()(int) const { return k; }
};
template <class K>
struct OneEach {
  const K* k;
  KOKKOS_FORCEINLINE_FUNCTION const K& operator()(int lane) const { return k[lane]; }
};

// One pack of each operand at (o, i): loaded, computed with the constants of its lanes, stored.
template <class Element, class Out, class In, int W>
struct DevicePack;
template <class Element, class... O, class... I, int W>
struct DevicePack<Element, Outputs<O...>, Inputs<I...>, W> {
  using C = typename Element::compute;
  using Walk = Operands<Outputs<O...>, Inputs<I...>>;
  using OutIndex = std::index_sequence_for<O...>;
  using InIndex = std::index_sequence_for<I...>;
  Tuple<Chunk<I, W>...> in;
  Tuple<Chunk<O, W>...> out;

  static constexpr std::uint32_t all_vectors = (1u << (sizeof...(O) + sizeof...(I))) - 1;

  // Which lanes are inside a line, and which operands can be moved by vector accesses: a bit each, outputs first.
  struct Part {
    int first, last;
    std::uint32_t vectors;
    KOKKOS_FORCEINLINE_FUNCTION bool is_vector(std::size_t operand) const {
      return first == 0 && last == W && ((vectors >> operand) & 1u) != 0;
    }
    // Does it hold any lane of a chunk's value?
    template <class T>
    KOKKOS_FORCEINLINE_FUNCTION bool holds(int value) const {
      constexpr int per = elements_per<T>;
      return (value + 1) * per > first && value * per < last;
    }
  };

  // of operands with inner stride 1, or of single elements
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION T* start(const Lines<T>& lines, std::int64_t o, std::int64_t i) {
    if constexpr (W == 1 || W < Lines<T>::per) return lines.at(o, i);
    return lines.data + (o * lines.outer + i / Lines<T>::per);
  }
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W>& chunk(const Lines<T>& lines, std::int64_t o, std::int64_t i) {
    return *reinterpret_cast<Chunk<T, W>*>(start(lines, o, i));
  }
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W> chunk(const Lines<const T>& lines, std::int64_t o, std::int64_t i) {
    return *reinterpret_cast<const Chunk<T, W>*>(start(lines, o, i));
  }

  template <std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void load(const Walk& walk, std::int64_t o, std::int64_t i, std::index_sequence<B...>) {
    ((get<B>(in) = chunk(get<B>(walk.in), o, i), get<B>(in).shift_down(i)), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(const Walk& walk, std::int64_t o, std::int64_t i) { load(walk, o, i, InIndex{}); }

  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION void load_part(Chunk<T, W>& to, const Lines<const T>& lines, std::int64_t o,
                                                    std::int64_t i, const Part& part, bool vector) {
    if (vector) {
      to = chunk(lines, o, i);
    } else {
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < Chunk<T, W>::size; ++v)
        to.value[v] = part.template holds<T>(v) ? *lines.at(o, i + v * elements_per<T>) : T{};
    }
  }
  template <std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void load_part(const Walk& walk, std::int64_t o, std::int64_t i, const Part& part,
                                             std::index_sequence<B...>) {
    (load_part(get<B>(in), get<B>(walk.in), o, i, part, part.is_vector(sizeof...(O) + B)), ...);
    (get<B>(in).shift_down(i), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void load_part(const Walk& walk, std::int64_t o, std::int64_t i, const Part& part) {
    load_part(walk, o, i, part, InIndex{});
  }

  // With quick constants for all lanes, and quick inputs in all lanes; else nothing, and false.
  template <class K, std::size_t... A, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION bool compute(const Element& element, const K& k, bool quick, std::index_sequence<A...>,
                                           std::index_sequence<B...>) {
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) quick = quick & element.is_quick(k(lane), get<B>(in).template get<C>(lane)...);
    if (!quick) return false;
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) {
      Tuple<lane_t<O, C>...> result;
      element.apply_quick(k(lane), get<A>(result)..., get<B>(in).template get<C>(lane)...);
      (get<A>(out).set(lane, get<A>(result)), ...);
    }
    return true;
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION bool compute(const Element& element, const K& k, bool quick) {
    return compute(element, k, quick, OutIndex{}, InIndex{});
  }
  // With any constants and inputs, given for each lane: a loop, not unrolled. Lanes outside the part give nothing.
  template <class ConstantsOf, std::size_t... A, std::size_t... B>
  KOKKOS_INLINE_FUNCTION void compute_any(const Element& element, const Part& part, const ConstantsOf& constants_of,
                                          std::index_sequence<A...>, std::index_sequence<B...>) {
    KOKKOSQUANT_NO_UNROLL
    for (int lane = 0; lane < W; ++lane) {
      Tuple<lane_t<O, C>...> result{};
      if (lane >= part.first && lane < part.last)
        element.apply_any(constants_of(lane), get<A>(result)..., get<B>(in).template get<C>(lane)...);
      (get<A>(out).set(lane, get<A>(result)), ...);
    }
  }
  template <class ConstantsOf>
  KOKKOS_INLINE_FUNCTION void compute_any(const Element& element, const Part& part, const ConstantsOf& constants_of) {
    compute_any(element, part, constants_of, OutIndex{}, InIndex{});
  }

  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION void store_chunk(Chunk<T, W>& to, const Chunk<T, W>& from) {
    constexpr int words = static_cast<int>(sizeof(from) / sizeof(std::uint32_t));
    if constexpr (sizeof(T) == 1 || words == 0) {
      to = from;
    } else {
      std::uint32_t word[words];
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < words; ++w) {
        if constexpr (sizeof(T) == 2)
          word[w] = join(bits_as<std::uint16_t>(from.value[2 * w]), bits_as<std::uint16_t>(from.value[2 * w + 1]));
        else if constexpr (sizeof(T) == 4)
          word[w] = bits_as<std::uint32_t>(from.value[w]);
        else
          word[w] = static_cast<std::uint32_t>(bits_as<std::uint64_t>(from.value[w / 2]) >> (32 * (w % 2)));
      }
      store_words<words>(&to, word);
    }
  }
  template <std::size_t... A>
  KOKKOS_FORCEINLINE_FUNCTION void store(const Walk& walk, std::int64_t o, std::int64_t i, std::index_sequence<A...>) const {
    (store_chunk(chunk(get<A>(walk.out), o, i), get<A>(out)), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void store(const Walk& walk, std::int64_t o, std::int64_t i) const {
    store(walk, o, i, OutIndex{});
  }
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION void store_part(const Chunk<T, W>& from, const Lines<T>& lines, std::int64_t o,
                                                     std::int64_t i, const Part& part, bool vector) {
    if (vector) {
      store_chunk(chunk(lines, o, i), from);
    } else {
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < Chunk<T, W>::size; ++v) {
        if (!part.template holds<T>(v)) continue;
        T value = from.value[v];
        if constexpr (packed_type<T>)  // nothing behind the end
          if (const int used = part.last - v * T::per_byte; used < T::per_byte)
            value.byte &= static_cast<std::uint8_t>((1 << (used * T::bits)) - 1);
        *lines.at(o, i + v * elements_per<T>) = value;
      }
    }
  }
  template <std::size_t... A>
  KOKKOS_FORCEINLINE_FUNCTION void store_part(const Walk& walk, std::int64_t o, std::int64_t i, const Part& part,
                                              std::index_sequence<A...>) const {
    (store_part(get<A>(out), get<A>(walk.out), o, i, part, part.is_vector(A)), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void store_part(const Walk& walk, std::int64_t o, std::int64_t i, const Part& part) const {
    store_part(walk, o, i, part, OutIndex{});
  }
};

}  // namespace KokkosQuant::Impl
