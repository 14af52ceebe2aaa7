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

#if defined(__CUDACC__) || defined(__HIPCC__)
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

  template <std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void load(const Walk& walk, std::int64_t o, std::int64_t i, std::index_sequence<B...>) {
    ((get<B>(in) = *reinterpret_cast<const Chunk<I, W>*>(get<B>(walk.in).at(o, i))), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(const Walk& walk, std::int64_t o, std::int64_t i) { load(walk, o, i, InIndex{}); }

  // k(lane): the constants of a lane; simple: all of them are
  template <class K, std::size_t... A, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void finish(const Element& element, const K& k, bool simple, const Walk& walk, std::int64_t o,
                                          std::int64_t i, std::index_sequence<A...>, std::index_sequence<B...>) const {
    Tuple<Chunk<O, W>...> out;
    if (simple) {
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) {
        Tuple<lane_t<O, C>...> result;
        element.apply(k(lane), get<A>(result)..., widen<C>(get<B>(in).value[lane])...);
        ((get<A>(out).value[lane] = narrow<O>(get<A>(result))), ...);
      }
    } else {
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) {
        Tuple<lane_t<O, C>...> result;
        element.apply_any(k(lane), get<A>(result)..., widen<C>(get<B>(in).value[lane])...);
        ((get<A>(out).value[lane] = narrow<O>(get<A>(result))), ...);
      }
    }
    ((*reinterpret_cast<Chunk<O, W>*>(get<A>(walk.out).at(o, i)) = get<A>(out)), ...);
  }
  template <class K>
  KOKKOS_FORCEINLINE_FUNCTION void finish(const Element& element, const K& k, bool simple, const Walk& walk, std::int64_t o,
                                          std::int64_t i) const {
    finish(element, k, simple, walk, o, i, OutIndex{}, InIndex{});
  }
};

template <class Element, class Out, class In, int W>
struct DeviceSweep {
  using Walk = Operands<Out, In>;
  using PackOf = DevicePack<Element, Out, In, W>;
  using One = DevicePack<Element, Out, In, 1>;
  using RowData = typename Element::RowData;
  using Constants = decltype(std::declval<const Element&>().constants(std::declval<const RowData&>()));

  struct OneForAll {
    const Constants& k;
    KOKKOS_FORCEINLINE_FUNCTION const Constants& operator()(int) const { return k; }
  };
  struct OneEach {
    const Constants* k;
    KOKKOS_FORCEINLINE_FUNCTION const Constants& operator()(int lane) const { return k[lane]; }
  };

  // What is left of a line behind its last whole pack, element by element.
  static KOKKOS_FORCEINLINE_FUNCTION void tail(const Element& element, const Walk& walk, std::int64_t o, std::int64_t i) {
    for (; i < walk.n_inner; ++i) {
      const Constants k = element.constants(element.row_data(walk.row(o, i)));
      One one;
      one.load(walk, o, i);
      one.finish(element, OneForAll{k}, false, walk, o, i);
    }
  }

  // Rows outside: a thread takes U packs, a stripe apart, so that neighbours in a warp are neighbours in memory.
  template <int U>
  struct Rows {
    Element element;
    Walk walk;
    Divider packs;  // a line
    std::int64_t first_line;
    std::uint32_t total;  // packs in this launch
    bool whole;           // lines are made of whole packs

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
      if (whole && first + (U - 1) * stripe < total)
        straight(first, stripe);
      else
        carefully(first, stripe);
    }
    // No branch stands between the loads, so that all are in flight together.
    KOKKOS_FORCEINLINE_FUNCTION void straight(std::uint32_t first, std::uint32_t stripe) const {
      Position at[U];
      PackOf pack[U];
      RowData row[U];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        at[u] = position(first + static_cast<std::uint32_t>(u) * stripe);
        pack[u].load(walk, at[u].o, at[u].i);
        row[u] = element.row_data(at[u].o);
      }
      Constants k = element.constants(row[0]);
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        if (u > 0 && at[u].o != at[u - 1].o) k = element.constants(row[u]);
        pack[u].finish(element, OneForAll{k}, element.is_simple(k), walk, at[u].o, at[u].i);
      }
    }
    KOKKOS_FORCEINLINE_FUNCTION void carefully(std::uint32_t first, std::uint32_t stripe) const {
      for (std::uint32_t p = first; p < total && p < first + U * stripe; p += stripe) {
        const Position at = position(p);
        if (W > 1 && at.i + W > walk.n_inner) {
          tail(element, walk, at.o, at.i);
        } else {
          PackOf pack;
          pack.load(walk, at.o, at.i);
          const Constants k = element.constants(element.row_data(at.o));
          pack.finish(element, OneForAll{k}, element.is_simple(k), walk, at.o, at.i);
        }
      }
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
      if (W > 1 && i + W > walk.n_inner) {
        for (; o < end; ++o) tail(element, walk, o, i);
        return;
      }
      Constants k[W];
      bool simple = true;
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) {
        k[lane] = element.constants(element.row_data(i + lane));
        simple = simple && element.is_simple(k[lane]);
      }
      for (; o + U <= end; o += U) {
        PackOf pack[U];
        KOKKOSQUANT_UNROLL
        for (int u = 0; u < U; ++u) pack[u].load(walk, o + u, i);
        KOKKOSQUANT_UNROLL
        for (int u = 0; u < U; ++u) pack[u].finish(element, OneEach{k}, simple, walk, o + u, i);
      }
      for (; o < end; ++o) {
        PackOf pack;
        pack.load(walk, o, i);
        pack.finish(element, OneEach{k}, simple, walk, o, i);
      }
    }
  };
};

}  // namespace KokkosQuant::Impl
