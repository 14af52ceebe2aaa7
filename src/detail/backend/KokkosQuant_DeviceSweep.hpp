// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over rows on a device: flat ranges of packs with 32-bit indices. A thread loads all it needs, with several
// accesses in flight, before it computes and stores.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "KokkosQuant_DevicePack.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

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
    Divider packs;        // a line, counted from where a pack of the first output is aligned: at or before the line's start
    std::uint32_t total;  // packs in this launch
    std::uint32_t start_skew;  // elements between an aligned pack and the start of line 0,
    std::uint32_t line_skew;   // and how many more from line to line, modulo W
    std::uint32_t vectors;     // operands whose packs are aligned as the first output's are, a bit each
    bool straight;             // all are, and every line holds a whole aligned pack

    struct Position {
      std::uint32_t o;
      std::int64_t i;
    };
    KOKKOS_FORCEINLINE_FUNCTION Position position(std::uint32_t p) const {
      const std::uint32_t line = packs.quotient(p), skew = (start_skew + line * line_skew) % W;
      return {line, static_cast<std::int64_t>(p - line * packs.divisor) * W - skew};
    }
    KOKKOS_FORCEINLINE_FUNCTION bool is_whole(const Position& at) const { return at.i >= 0 && at.i + W <= walk.n_inner; }

    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
      constexpr std::uint32_t stripe = device_tuning.stripe;
      const auto t = static_cast<std::uint32_t>(thread);
      const std::uint32_t first = t / stripe * (stripe * U) + t % stripe;
      const bool all = straight && first + (U - 1) * stripe < total;
      for (std::uint32_t left = all ? run_straight(first, stripe) : (1u << U) - 1; left != 0; left &= left - 1) {
        std::uint32_t p = first;
        for (std::uint32_t bit = left & (~left + 1); bit > 1; bit >>= 1) p += stripe;
        if (p < total) run_part(p);
      }
    }
    // No branch stands between the loads, so that all are in flight together: a pack that is not whole loads its line's
    // second, which is, and is left to run_part with those that are not quick. A bit each is returned.
    KOKKOS_FORCEINLINE_FUNCTION std::uint32_t run_straight(std::uint32_t first, std::uint32_t stripe) const {
      Position at[U];
      PackOf pack[U];
      RowData row[U];
      bool whole[U];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        const std::uint32_t p = first + static_cast<std::uint32_t>(u) * stripe;
        at[u] = position(p);
        whole[u] = is_whole(at[u]);
        if (!whole[u]) at[u].i = position(at[u].o * packs.divisor + 1).i;
        pack[u].load(walk, at[u].o, at[u].i);
        row[u] = element.row_data(at[u].o);
      }
      Constants k = element.quick_constants(row[0]);
      std::uint32_t left = 0;
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        if (u > 0 && at[u].o != at[u - 1].o) k = element.quick_constants(row[u]);
        if (pack[u].compute(element, OneForAll{k}, k.quick && whole[u]))
          pack[u].store(walk, at[u].o, at[u].i);
        else
          left |= 1u << u;
      }
      return left;
    }
    // Any alignment, strides and remainders.
    KOKKOS_FORCEINLINE_FUNCTION void run_part(std::uint32_t p) const {
      const Position at = position(p);
      const std::int64_t behind = walk.n_inner - at.i;
      const typename PackOf::Part part{at.i < 0 ? static_cast<int>(-at.i) : 0, behind < W ? static_cast<int>(behind) : W,
                                       vectors};
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
    std::int64_t end_line;
    std::int32_t lines;  // a thread

    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
      const std::uint32_t group = packs.quotient(static_cast<std::uint32_t>(thread));
      const auto i = static_cast<std::int64_t>((static_cast<std::uint32_t>(thread) - group * packs.divisor)) * W;
      std::int64_t o = static_cast<std::int64_t>(group) * lines;
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
