// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk on a device: flat ranges of packs with 32-bit indices. A thread loads all it needs, with several accesses in
// flight, before it computes and stores.
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

// What a launch walks: lines, cut into pieces that end where a cell does (tiled), cut into packs.
template <class Element, class Out, class In, bool Tiled>
struct DeviceWalk {
  Element element;
  Operands<Out, In> walk;
  Divider packs;                   // of a piece, or (lanes differ) of a line
  Divider pieces;                  // (tiled) of a line
  Divider cell_outer, cell_inner;  // (tiled) extents of a cell

  KOKKOS_FORCEINLINE_FUNCTION auto cell_data(std::uint32_t o, std::int64_t i) const {
    if constexpr (Tiled)
      return element.cell_data(cell_outer.quotient(o), cell_inner.quotient(static_cast<std::uint32_t>(i)));
    else
      return element.cell_data(o, i);
  }
};

template <class Element, class Out, class In, bool Tiled, int W>
struct DeviceSweep {
  using Walk = DeviceWalk<Element, Out, In, Tiled>;
  using PackOf = DevicePack<Element, Out, In, W>;
  using Part = typename PackOf::Part;
  using CellData = typename Element::CellData;
  using Constants = decltype(std::declval<const Element&>().quick_constants(std::declval<const CellData&>()));

  // A cell is longer than a pack: a thread takes U packs, a stripe apart, so that neighbours in a warp are neighbours in
  // memory.
  template <int U>
  struct Pieces : Walk {
    std::uint32_t total;       // packs in this launch
    std::uint32_t start_skew;  // elements between an aligned pack and the start of line 0,
    std::uint32_t line_skew;   // and how many more from line to line,
    std::uint32_t piece_skew;  // and from piece to piece, modulo W
    std::uint32_t vectors;     // operands whose packs are aligned as the first output's are, a bit each
    bool straight;             // all are, and line 0 holds a whole aligned pack

    // Piece p / packs and a pack of it, counted from where a pack of the first output is aligned: at or before its start.
    struct Position {
      std::uint32_t o, piece;
      std::int64_t i, begin, end;
    };
    KOKKOS_FORCEINLINE_FUNCTION Position position(std::uint32_t p) const {
      const std::uint32_t index = this->packs.quotient(p), pack = p - index * this->packs.divisor;
      if constexpr (Tiled) {
        const std::uint32_t o = this->pieces.quotient(index), piece = index - o * this->pieces.divisor;
        const std::uint32_t skew = (start_skew + o * line_skew + piece * piece_skew) % W;
        const std::int64_t begin = static_cast<std::int64_t>(piece) * this->cell_inner.divisor;
        const std::int64_t end = begin + this->cell_inner.divisor;
        return {o, piece, begin + static_cast<std::int64_t>(pack) * W - skew, begin,
                end < this->walk.n_inner ? end : this->walk.n_inner};
      } else {
        const std::uint32_t skew = (start_skew + index * line_skew) % W;
        return {index, 0, static_cast<std::int64_t>(pack) * W - skew, 0, this->walk.n_inner};
      }
    }
    KOKKOS_FORCEINLINE_FUNCTION CellData cell_of(const Position& at) const {
      if constexpr (Tiled)
        return this->element.cell_data(this->cell_outer.quotient(at.o), at.piece);
      else
        return this->element.cell_data(at.o, 0);
    }

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
    // No branch stands between the loads, so that all are in flight together: in place of a pack that is not whole the first
    // whole one of line 0 is loaded, and it is left to run_part with those that are not quick. A bit each is returned.
    KOKKOS_FORCEINLINE_FUNCTION std::uint32_t run_straight(std::uint32_t first, std::uint32_t stripe) const {
      Position at[U];
      PackOf pack[U];
      CellData cell[U];
      bool whole[U];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        at[u] = position(first + static_cast<std::uint32_t>(u) * stripe);
        whole[u] = at[u].i >= at[u].begin && at[u].i + W <= at[u].end;
        const std::uint32_t o = whole[u] ? at[u].o : 0;
        const std::int64_t i = whole[u] ? at[u].i : static_cast<std::int64_t>((W - start_skew) % W);
        pack[u].load(this->walk, o, i);
        cell[u] = cell_of(at[u]);
      }
      Constants k = this->element.quick_constants(cell[0]);
      std::uint32_t left = 0;
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        if (u > 0 && (at[u].o != at[u - 1].o || at[u].piece != at[u - 1].piece)) k = this->element.quick_constants(cell[u]);
        if (whole[u] && pack[u].compute(this->element, OneForAll<Constants>{k}, k.quick))
          pack[u].store(this->walk, at[u].o, at[u].i);
        else
          left |= 1u << u;
      }
      return left;
    }
    // Any alignment, strides and remainders.
    KOKKOS_FORCEINLINE_FUNCTION void run_part(std::uint32_t p) const {
      const Position at = position(p);
      const std::int64_t before = at.begin - at.i, behind = at.end - at.i;
      const Part part{before > 0 ? static_cast<int>(before) : 0, behind < W ? static_cast<int>(behind) : W, vectors};
      if (part.last <= part.first) return;
      PackOf pack;
      pack.load_part(this->walk, at.o, at.i, part);
      const CellData cell = cell_of(at);
      const Constants quick = this->element.quick_constants(cell);
      if (!pack.compute(this->element, OneForAll<Constants>{quick}, quick.quick)) {
        const auto k = this->element.constants(cell);
        pack.compute_any(this->element, part, [&](int) { return k; });
      }
      pack.store_part(this->walk, at.o, at.i, part);
    }
  };

  // Lanes differ: a thread holds the constants of its W positions and walks down the lines that share them.
  template <int U>
  struct Lanes : Walk {
    Divider stretches;    // (tiled) of lines, in a cell
    std::uint32_t lines;  // a thread
    std::uint32_t vectors;
    bool straight;  // all operands can be moved by vector accesses

    KOKKOS_FORCEINLINE_FUNCTION CellData cell_of(std::uint32_t o, std::int64_t i) const {
      return this->cell_data(o, i < this->walk.n_inner ? i : this->walk.n_inner - 1);
    }
    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
      const std::uint32_t stretch = this->packs.quotient(static_cast<std::uint32_t>(thread));
      const auto i = static_cast<std::int64_t>((static_cast<std::uint32_t>(thread) - stretch * this->packs.divisor)) * W;
      std::int64_t o, end;
      if constexpr (Tiled) {
        const std::uint32_t cell = stretches.quotient(stretch);
        const std::int64_t cell_begin = static_cast<std::int64_t>(cell) * this->cell_outer.divisor;
        o = cell_begin + static_cast<std::int64_t>(stretch - cell * stretches.divisor) * lines;
        end = cell_begin + this->cell_outer.divisor;
      } else {
        o = static_cast<std::int64_t>(stretch) * lines;
        end = this->walk.n_outer;
      }
      if (o + lines < end) end = o + lines;
      if (end > this->walk.n_outer) end = this->walk.n_outer;
      if (o >= end) return;

      const std::int64_t behind = this->walk.n_inner - i;
      const Part part{0, behind < W ? static_cast<int>(behind) : W, vectors};
      const auto first = static_cast<std::uint32_t>(o);  // of the cell
      Constants k[W];
      bool quick = true;
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) {
        k[lane] = this->element.quick_constants(cell_of(first, i + lane));
        quick = quick && k[lane].quick;
      }
      // Lines that are left to run_part, a bit each; behind the loop, so that what it needs costs no registers here.
      std::uint32_t left = 0, at = 0;
      const auto count = static_cast<std::uint32_t>(end - o);
      if (straight && part.last == W)
        for (; at + U <= count; at += U) {
          PackOf pack[U];
          KOKKOSQUANT_UNROLL
          for (int u = 0; u < U; ++u) pack[u].load(this->walk, o + at + u, i);
          KOKKOSQUANT_UNROLL
          for (int u = 0; u < U; ++u) {
            if (pack[u].compute(this->element, OneEach<Constants>{k}, quick))
              pack[u].store(this->walk, o + at + u, i);
            else
              left |= 1u << (at + static_cast<std::uint32_t>(u));
          }
        }
      for (; at < count; ++at) left |= 1u << at;
      for (at = 0; left != 0; ++at, left >>= 1)
        if ((left & 1u) != 0) run_part(o + at, i, first, part);
    }
    KOKKOS_INLINE_FUNCTION void run_part(std::int64_t o, std::int64_t i, std::uint32_t first, const Part& part) const {
      PackOf pack;
      pack.load_part(this->walk, o, i, part);
      pack.compute_any(this->element, part, [&](int lane) { return this->element.constants(cell_of(first, i + lane)); });
      pack.store_part(this->walk, o, i, part);
    }
  };
};

}  // namespace KokkosQuant::Impl
