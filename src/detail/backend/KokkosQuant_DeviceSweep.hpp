// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over rows on a device: flat ranges of packs with 32-bit indices. A thread loads all it needs, with several
// accesses in flight, before it computes and stores.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "../KokkosQuant_Operands.hpp"
#include "../KokkosQuant_Scalar.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)  // not in nvcc's host pass, whose compiler has no such pragma
#define KOKKOSQUANT_UNROLL _Pragma("unroll")
#else
#define KOKKOSQUANT_UNROLL
#endif

namespace KokkosQuant::Impl {

// n / d for n < 2^31 by a product (Granlund, Montgomery: "Division by invariant integers using multiplication", 1994).
struct Divider {
  std::uint32_t divisor, multiplier;
  int shift;

  explicit Divider(std::uint32_t d) : divisor(d), shift(31 + static_cast<int>(std::bit_width(d - 1))) {
    multiplier = static_cast<std::uint32_t>(((std::uint64_t(1) << shift) + d - 1) / d);
  }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t quotient(std::uint32_t n) const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(n) * multiplier) >> shift);
  }
};

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

  // only of operands with inner stride 1
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W>& chunk(const Lines<T>& lines, std::int64_t o, std::int64_t i) {
    return *reinterpret_cast<Chunk<T, W>*>(lines.data + (o * lines.outer + i));
  }
  template <class T>
  static KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W> chunk(const Lines<const T>& lines, std::int64_t o, std::int64_t i) {
    return *reinterpret_cast<const Chunk<T, W>*>(lines.data + (o * lines.outer + i));
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
    for (; i < end; ++i)
      one(element, element.constants(element.row_data(walk.row(o, i))), walk, o, i, OutIndex{}, InIndex{});
  }
};

template <class Element, class Out, class In, int W>
struct DeviceSweep {
  using Walk = Operands<Out, In>;
  using PackOf = DevicePack<Element, Out, In, W>;
  using RowData = typename Element::RowData;
  using Constants = decltype(std::declval<const Element&>().quick_constants(std::declval<const RowData&>()));

  struct OneForAll {
    const Constants& k;
    KOKKOS_FORCEINLINE_FUNCTION const Constants& operator()(int) const { return k; }
  };
  struct OneEach {
    const Constants* k;
    KOKKOS_FORCEINLINE_FUNCTION const Constants& operator()(int lane) const { return k[lane]; }
  };

  // Rows outside: a thread takes U packs, a stripe apart, so that neighbours in a warp are neighbours in memory.
  template <int U>
  struct Rows {
    Element element;
    Walk walk;
    Divider packs;  // a line, counted from where a pack of the first output is aligned: at or before the line's start
    std::int64_t first_line;
    std::uint32_t total;       // packs in this launch
    std::uint32_t start_skew;  // elements between an aligned pack and the start of line 0,
    std::uint32_t line_skew;   // and how many more from line to line, modulo W
    std::uint32_t vectors;     // operands whose packs are aligned as the first output's are, a bit each
    bool straight;             // all are, without skew, and lines are made of whole packs

    struct Position {
      std::int64_t o, i;
    };
    KOKKOS_FORCEINLINE_FUNCTION Position position(std::uint32_t p) const {
      const std::uint32_t line = packs.quotient(p);
      return {first_line + line, static_cast<std::int64_t>(p - line * packs.divisor) * W};
    }

    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
      constexpr std::uint32_t stripe = device_tuning.stripe;
      const auto t = static_cast<std::uint32_t>(thread);
      const std::uint32_t first = t / stripe * (stripe * U) + t % stripe;
      if (straight && first + (U - 1) * stripe < total) {
        run_straight(first, stripe);
      } else {
        for (std::uint32_t p = first; p < total && p < first + U * stripe; p += stripe) run_part(p);
      }
    }
    // No branch stands between the loads, so that all are in flight together.
    KOKKOS_FORCEINLINE_FUNCTION void run_straight(std::uint32_t first, std::uint32_t stripe) const {
      Position at[U];
      PackOf pack[U];
      RowData row[U];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        at[u] = position(first + static_cast<std::uint32_t>(u) * stripe);
        pack[u].load(walk, at[u].o, at[u].i);
        row[u] = element.row_data(at[u].o);
      }
      Constants k = element.quick_constants(row[0]);
      std::uint32_t left = 0;
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        if (u > 0 && at[u].o != at[u - 1].o) k = element.quick_constants(row[u]);
        if (pack[u].compute(element, OneForAll{k}, k.quick))
          pack[u].store(walk, at[u].o, at[u].i);
        else
          left |= 1u << u;
      }
      for (int u = 0; left != 0 && u < U; ++u) {
        if (((left >> u) & 1u) == 0) continue;
        const Position slow = position(first + static_cast<std::uint32_t>(u) * stripe);
        PackOf::each(element, walk, slow.o, slow.i, slow.i + W);
      }
    }
    // Any alignment, strides and remainders.
    KOKKOS_FORCEINLINE_FUNCTION void run_part(std::uint32_t p) const {
      Position at = position(p);
      at.i -= (start_skew + static_cast<std::uint32_t>(at.o) * line_skew) % W;
      const std::int64_t left = walk.n_inner - at.i;
      const typename PackOf::Part part{at.i < 0 ? static_cast<int>(-at.i) : 0, left < W ? static_cast<int>(left) : W, vectors};
      if (part.last <= part.first) return;
      PackOf pack;
      pack.load_part(walk, at.o, at.i, part);
      const Constants k = element.quick_constants(element.row_data(at.o));
      if (pack.compute(element, OneForAll{k}, k.quick))
        pack.store_part(walk, at.o, at.i, part);
      else
        PackOf::each(element, walk, at.o, at.i + part.first, at.i + part.last);
    }
  };

  // Tokens inside: a thread holds the constants of its W tokens and walks down some columns.
  template <int U>
  struct Tokens {
    Element element;
    Walk walk;
    Divider packs;  // a line
    std::int64_t first_line;
    std::int64_t end_line;
    std::int32_t lines;  // a thread

    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
      const std::uint32_t group = packs.quotient(static_cast<std::uint32_t>(thread));
      const auto i = static_cast<std::int64_t>((static_cast<std::uint32_t>(thread) - group * packs.divisor)) * W;
      std::int64_t o = first_line + static_cast<std::int64_t>(group) * lines;
      const std::int64_t end = o + lines < end_line ? o + lines : end_line;
      const bool whole = i + W <= walk.n_inner;
      Constants k[W];
      bool quick = true;
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) {
        k[lane] = element.quick_constants(element.row_data(i + lane < walk.n_inner ? i + lane : i));
        quick = quick && k[lane].quick;
      }
      for (; o < end; o += U) {
        std::uint32_t left = ~0u;
        if (whole && o + U <= end) {
          PackOf pack[U];
          KOKKOSQUANT_UNROLL
          for (int u = 0; u < U; ++u) pack[u].load(walk, o + u, i);
          left = 0;
          KOKKOSQUANT_UNROLL
          for (int u = 0; u < U; ++u) {
            if (pack[u].compute(element, OneEach{k}, quick))
              pack[u].store(walk, o + u, i);
            else
              left |= 1u << u;
          }
        }
        for (int u = 0; left != 0 && u < U && o + u < end; ++u)
          if (((left >> u) & 1u) != 0) PackOf::each(element, walk, o + u, i, whole ? i + W : walk.n_inner);
      }
    }
  };
};

}  // namespace KokkosQuant::Impl
