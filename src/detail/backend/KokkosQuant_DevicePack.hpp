// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a device thread has in hand: W neighbours of each operand, moved by one access each where they are aligned.
#pragma once

#include <cstdint>
#include <utility>

#include "../KokkosQuant_Operands.hpp"
#include "../KokkosQuant_Scalar.hpp"

#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)  // not in nvcc's host pass, whose compiler has no such pragma
#define KOKKOSQUANT_UNROLL _Pragma("unroll")
#else
#define KOKKOSQUANT_UNROLL
#endif

namespace KokkosQuant::Impl {

// W neighbours, moved by one access.
template <class T, int W>
struct alignas(sizeof(T) * W) Chunk {
  T value[W];
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

  // Which lanes are inside a line, and which operands can be moved by one access: a bit each, outputs first.
  struct Part {
    int first, last;
    std::uint32_t vectors;
    KOKKOS_FORCEINLINE_FUNCTION bool is_vector(std::size_t operand) const {
      return first == 0 && last == W && ((vectors >> operand) & 1u) != 0;
    }
  };

  // only of operands with inner stride 1, or of single elements
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION T* start(const Lines<T>& lines, std::int64_t o, std::int64_t i) {
    if constexpr (W == 1) return lines.at(o, i);
    return lines.data + (o * lines.outer + i);
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
    ((get<B>(in) = chunk(get<B>(walk.in), o, i)), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(const Walk& walk, std::int64_t o, std::int64_t i) { load(walk, o, i, InIndex{}); }

  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION void load_part(Chunk<T, W>& to, const Lines<const T>& lines, std::int64_t o,
                                                    std::int64_t i, const Part& part, bool vector) {
    if (vector) {
      to = chunk(lines, o, i);
    } else {
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane)
        to.value[lane] = lane >= part.first && lane < part.last ? *lines.at(o, i + lane) : T{};
    }
  }
  template <std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void load_part(const Walk& walk, std::int64_t o, std::int64_t i, const Part& part,
                                             std::index_sequence<B...>) {
    (load_part(get<B>(in), get<B>(walk.in), o, i, part, part.is_vector(sizeof...(O) + B)), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void load_part(const Walk& walk, std::int64_t o, std::int64_t i, const Part& part) {
    load_part(walk, o, i, part, InIndex{});
  }

  // With quick constants for all lanes, and quick inputs in all lanes; else nothing, and false.
  template <class K, std::size_t... A, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION bool compute(const Element& element, const K& k, bool quick, std::index_sequence<A...>,
                                           std::index_sequence<B...>) {
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) quick = quick & element.is_quick(k(lane), widen<C>(get<B>(in).value[lane])...);
    if (!quick) return false;
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) {
      Tuple<lane_t<O, C>...> result;
      element.apply_quick(k(lane), get<A>(result)..., widen<C>(get<B>(in).value[lane])...);
      ((get<A>(out).value[lane] = narrow<O>(get<A>(result))), ...);
    }
    return true;
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION bool compute(const Element& element, const K& k, bool quick) {
    return compute(element, k, quick, OutIndex{}, InIndex{});
  }

  template <std::size_t... A>
  KOKKOS_FORCEINLINE_FUNCTION void store(const Walk& walk, std::int64_t o, std::int64_t i, std::index_sequence<A...>) const {
    ((chunk(get<A>(walk.out), o, i) = get<A>(out)), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void store(const Walk& walk, std::int64_t o, std::int64_t i) const {
    store(walk, o, i, OutIndex{});
  }
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION void store_part(const Chunk<T, W>& from, const Lines<T>& lines, std::int64_t o,
                                                     std::int64_t i, const Part& part, bool vector) {
    if (vector) {
      chunk(lines, o, i) = from;
    } else {
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane)
        if (lane >= part.first && lane < part.last) *lines.at(o, i + lane) = from.value[lane];
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

  // The elements of a line from i to end, one by one, with any constants and inputs.
  template <class Constants, std::size_t... A, std::size_t... B>
  static KOKKOS_FORCEINLINE_FUNCTION void one(const Element& element, const Constants& k, const Walk& walk, std::int64_t o,
                                              std::int64_t i, std::index_sequence<A...>, std::index_sequence<B...>) {
    Tuple<lane_t<O, C>...> result;
    element.apply_any(k, get<A>(result)..., widen<C>(*get<B>(walk.in).at(o, i))...);
    ((*get<A>(walk.out).at(o, i) = narrow<O>(get<A>(result))), ...);
  }
  static KOKKOS_INLINE_FUNCTION void each(const Element& element, const Walk& walk, std::int64_t o, std::int64_t i,
                                          std::int64_t end) {
    for (; i < end; ++i) one(element, element.constants(element.row_data(walk.row(o, i))), walk, o, i, OutIndex{}, InIndex{});
  }
};

}  // namespace KokkosQuant::Impl
