// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a device thread has in hand: W neighbours of each operand, moved by vector accesses where they are aligned.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_Operands.hpp"
#include "../KokkosQuant_Scalar.hpp"
#include "KokkosQuant_DeviceChunk.hpp"
#include "KokkosQuant_DeviceLanes.hpp"
#include "KokkosQuant_DeviceQuickInputs.hpp"
#include "KokkosQuant_DeviceRange.hpp"

namespace KokkosQuant::Impl {

// One pack of each operand at (o, i): loaded, computed with the constants of its lanes, stored.
template <class Element, class Out, class In, int W>
struct DevicePack;
template <class Element, class... O, class... I, int W>
struct DevicePack<Element, Outputs<O...>, Inputs<I...>, W> {
  using C = typename Element::compute;
  using Walk = Operands<Outputs<O...>, Inputs<I...>>;
  using OutIndex = std::index_sequence_for<O...>;
  using InIndex = std::index_sequence_for<I...>;
  template <class T>
  struct Lanes {
    lane_t<T, C> lane[W];
  };
  Tuple<Chunk<I, W>...> in;
  Tuple<Chunk<O, W>...> out;

  static constexpr int reach = W;  // a load of it stays within so many elements around any of its own
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
  // The same in half the instructions, where lines are less than 2^32 bytes apart.
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION T* start(const Lines<T>& lines, std::uint32_t o, std::int32_t i) {
    using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
    constexpr std::int64_t size = sizeof(T);
    const std::int64_t along = i / Lines<T>::per * (W == 1 || W < Lines<T>::per ? lines.inner : 1);
    Byte* const line =
        reinterpret_cast<Byte*>(lines.data) + static_cast<std::uint64_t>(o) * static_cast<std::uint32_t>(lines.outer * size);
    return reinterpret_cast<T*>(line + along * size);
  }
  // The walk from a pack on: others of its lanes are (further lines, 0) there, which takes an instruction an operand.
  static KOKKOS_FORCEINLINE_FUNCTION Walk walk_from(Walk walk, std::uint32_t o, std::int32_t i) {
    change_all(walk, [=](auto& lines) { lines.data = in_register(start(lines, o, i)); });
    return walk;
  }
  template <class T, class Line, class At>
  static KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W>& chunk(const Lines<T>& lines, Line o, At i) {
    return *reinterpret_cast<Chunk<T, W>*>(start(lines, o, i));
  }
  template <class T, class Line, class At>
  static KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W> chunk(const Lines<const T>& lines, Line o, At i) {
    return *reinterpret_cast<const Chunk<T, W>*>(start(lines, o, i));
  }

  template <class Line, class At, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void load(const Walk& walk, Line o, At i, std::index_sequence<B...>) {
    ((get<B>(in) = chunk(get<B>(walk.in), o, i), get<B>(in).shift_down(i)), ...);
  }
  template <class Line, class At>
  KOKKOS_FORCEINLINE_FUNCTION void load(const Walk& walk, Line o, At i) {
    load(walk, o, i, InIndex{});
  }
  KOKKOS_FORCEINLINE_FUNCTION void settle() {}  // what was loaded, once it is there

  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION void load_part(Chunk<T, W>& to, const Lines<const T>& lines, std::int64_t o,
                                                    std::int64_t i, const Part& part, bool vector) {
    if (vector) {
      to = chunk(lines, o, i);
    } else {
      KOKKOSQUANT_UNROLL
      for (int v = 0; v < Chunk<T, W>::size; ++v)
        to.put(v, part.template holds<T>(v) ? *lines.at(o, i + v * elements_per<T>) : T{});
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
  KOKKOS_FORCEINLINE_FUNCTION bool compute(const Element& element, const K& k, bool quick, std::index_sequence<A...> outputs,
                                           std::index_sequence<B...> inputs) {
    if constexpr (by_magnitude) {
      LoadedRange<typename first_type<Inputs<I...>>::type, true> range;
      range.include_chunk(in.head);
      return compute_up_to(element, k, quick, range.range().hi);
    } else {
      quick = quick && all_quick(element, k, inputs);
      if (quick) compute_quick(element, k, outputs, inputs);
      return quick;
    }
  }
  template <class K, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION bool all_quick(const Element& element, const K& k, std::index_sequence<B...>) const {
    if constexpr (requires { Element::quick_up_to; })
      if constexpr (Element::quick_up_to > 0 && W > 1 && !K::is_one)
        return QuickInputs<typename first_type<Inputs<I...>>::type>(Element::quick_up_to).hold(in.head);
    bool quick = true;
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane) quick = quick & element.is_quick(k(lane), get<B>(in).template get<C>(lane)...);
    return quick;
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION bool compute(const Element& element, const K& k, bool quick) {
    return compute(element, k, quick, OutIndex{}, InIndex{});
  }
  // The same where the largest |x| says whether inputs are quick (NaN: none is).
  template <class T>
  static constexpr bool is_float = element_type<T>&& std::is_same_v<C, float>;
  static constexpr bool by_magnitude = (sizeof...(I) == 1 && (is_float<I> && ...) && W > 1) && requires(C x) {
    Element::is_quick_up_to(x);
  };
  // Codes of a byte or less are computed two at a time where they are near the range.
  template <class K>
  static constexpr bool in_pairs = by_magnitude &&
                                   (sizeof...(O) == 1 && ((std::is_integral_v<O> || packed_type<O> || float8_type<O>)&&...) &&
                                    ((sizeof(O) == 1 && W % (4 * elements_per<O>) == 0) && ...)) &&
                                   requires(const K& k) {
    Element::reach(k(0));
  };
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION bool compute_near(const Element& element, const K& k, C largest) {
    C reach = Element::reach(k(0));
    KOKKOSQUANT_UNROLL
    for (int lane = 1; lane < (K::is_one ? 1 : W); ++lane)
      reach = Element::reach(k(lane)) < reach ? Element::reach(k(lane)) : reach;
    if (!(largest <= reach)) return false;
    decltype(element.quick_pair(k(0), k(1), largest, largest)) pair[W / 2];
    KOKKOSQUANT_UNROLL
    for (int p = 0; p < W / 2; ++p)
      pair[p] = element.quick_pair(k(2 * p), k(2 * p + 1), in.head.template get<C>(2 * p), in.head.template get<C>(2 * p + 1));
    out.head.set_pairs(pair);
    return true;
  }
  // What computes most packs, in fewer registers and instructions than all that compute() may need.
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION bool compute_most(const Element& element, const K& k, bool quick) {
    if constexpr (!by_magnitude) {
      return compute(element, k, quick);
    } else {
      LoadedRange<typename first_type<Inputs<I...>>::type, true> range;
      range.include_chunk(in.head);
      const C largest = range.range().hi;
      if constexpr (in_pairs<K>) return compute_near(element, k, largest);
      if (!quick || !element.is_quick_up_to(largest)) return false;
      compute_quick(element, k, OutIndex{}, InIndex{});
      return true;
    }
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION bool compute_up_to(const Element& element, const K& k, bool quick, C largest) {
    if constexpr (K::is_one && in_pairs<K>)
      if (compute_near(element, k, largest)) return true;
    if (!quick || !(element.is_quick_up_to(largest) || all_quick(element, k, InIndex{}))) return false;
    compute_quick(element, k, OutIndex{}, InIndex{});
    return true;
  }
  template <class K, std::size_t... A, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void compute_quick(const Element& element, const K& k, std::index_sequence<A...>,
                                                 std::index_sequence<B...>) {
    Tuple<Lanes<O>...> result;
    KOKKOSQUANT_UNROLL
    for (int lane = 0; lane < W; ++lane)
      element.apply_quick(k(lane), get<A>(result).lane[lane]..., get<B>(in).template get<C>(lane)...);
    (get<A>(out).set_all(get<A>(result).lane), ...);
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
    if constexpr (sizeof(from) < sizeof(std::uint32_t))
      to = from;
    else
      store_words<static_cast<int>(sizeof(from) / sizeof(std::uint32_t))>(&to, from.words().word);
  }
  template <class Line, class At, std::size_t... A>
  KOKKOS_FORCEINLINE_FUNCTION void store(const Walk& walk, Line o, At i, std::index_sequence<A...>) const {
    (store_chunk(chunk(get<A>(walk.out), o, i), get<A>(out)), ...);
  }
  template <class Line, class At>
  KOKKOS_FORCEINLINE_FUNCTION void store(const Walk& walk, Line o, At i) const {
    store(walk, o, i, OutIndex{});
  }
  // The first lanes or the last ones, of a pack that is aligned and of unpacked data.
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION void store_end(const Chunk<T, W>& from, const Lines<T>& lines, std::uint32_t o,
                                                    std::int32_t i, int first, int last) {
    if constexpr (!packed_type<T> && W > 1) {
      constexpr int size = sizeof(T);
      auto* const to = reinterpret_cast<std::uint8_t*>(start(lines, o, i));
      if constexpr (sizeof(from) < sizeof(std::uint32_t)) {
        KOKKOSQUANT_UNROLL
        for (int lane = 0; lane < W; ++lane)
          if (lane >= first && lane < last) *start(lines, o, i + lane) = from.value(lane);
      } else {
        Impl::store_end<size>(to, from.words(), static_cast<std::uint32_t>((last - first) * size), first > 0);
      }
    }
  }
  template <std::size_t... A>
  KOKKOS_FORCEINLINE_FUNCTION void store_end(const Walk& walk, std::uint32_t o, std::int32_t i, int first, int last,
                                             std::index_sequence<A...>) const {
    (store_end(get<A>(out), get<A>(walk.out), o, i, first, last), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void store_end(const Walk& walk, std::uint32_t o, std::int32_t i, int first, int last) const {
    store_end(walk, o, i, first, last, OutIndex{});
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
        T value = from.value(v);
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
