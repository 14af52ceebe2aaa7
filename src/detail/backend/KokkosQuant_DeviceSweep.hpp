// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk on a device: flat ranges of packs with 32-bit indices. A thread loads all it needs, with several accesses in
// flight, before it computes and stores.
#pragma once

#include <cstdint>
#include <utility>

#include "KokkosQuant_DevicePack.hpp"
#include "KokkosQuant_DeviceTuning.hpp"
#include "KokkosQuant_DeviceWalk.hpp"

namespace KokkosQuant::Impl {

template <class Element, class Out, class In, bool Tiled, int W>
struct DeviceSweep {
  using Walk = DeviceWalk<Element, Out, In, Tiled>;
  using PackOf = DevicePack<Element, Out, In, W>;
  using Part = typename PackOf::Part;
  using CellData = typename Element::CellData;
  using Constants = decltype(std::declval<const Element&>().quick_constants(std::declval<const CellData&>()));
  static constexpr bool has_packed = Operands<Out, In>::has_packed;
  // Where lanes differ.
  static KOKKOS_FORCEINLINE_FUNCTION auto constants_of_lane(const Element& element, const CellData& cell) {
    if constexpr (requires { element.quick_constants_of_lane(cell); })
      return element.quick_constants_of_lane(cell);
    else
      return element.quick_constants(cell);
  }
  using LaneConstants = decltype(constants_of_lane(std::declval<const Element&>(), std::declval<const CellData&>()));

  // A cell is longer than a pack: a thread takes U packs, a stripe apart, so that neighbours in a warp are neighbours in
  // memory.
  template <class Loaded, int U>
  struct Pieces : Walk {
    std::uint32_t total;       // packs in this launch
    std::uint32_t start_skew;  // elements between an aligned pack and the start of line 0,
    std::uint32_t line_skew;   // and how many more from line to line,
    std::uint32_t piece_skew;  // and from piece to piece, modulo W
    std::uint32_t vectors;     // operands whose packs are aligned as the first output's are, a bit each
    InnerLines inner_lines;
    std::uint32_t spare_o;  // a pack that may be loaded
    std::int32_t spare_i;
    bool straight;  // is there one, and are all operands moved by vector accesses?

    // Piece p / packs and a pack of it, counted from where a pack of the first output is aligned: at or before its start.
    struct Position {
      std::uint32_t o, piece;
      std::int32_t i, begin, end;

      KOKKOS_FORCEINLINE_FUNCTION bool is_whole() const { return i >= begin && i + W <= end; }
      KOKKOS_FORCEINLINE_FUNCTION bool is_end() const { return i >= begin || i + W <= end; }  // has its first or last lane
      // its lanes that are in the piece
      KOKKOS_FORCEINLINE_FUNCTION int first() const { return begin > i ? begin - i : 0; }
      KOKKOS_FORCEINLINE_FUNCTION int last() const { return end - i < W ? end - i : W; }
    };
    KOKKOS_FORCEINLINE_FUNCTION Position position(std::uint32_t p) const {
      const std::uint32_t index = this->packs.quotient(p);
      const auto first = static_cast<std::int32_t>((p - index * this->packs.divisor) * W);
      const auto n = static_cast<std::int32_t>(this->walk.n_inner);
      if constexpr (Tiled) {
        const std::uint32_t o = this->pieces.quotient(index), piece = index - o * this->pieces.divisor;
        const auto skew = static_cast<std::int32_t>((start_skew + o * line_skew + piece * piece_skew) % W);
        const auto begin = static_cast<std::int32_t>(piece * this->cell_inner.divisor);
        const auto end = begin + static_cast<std::int32_t>(this->cell_inner.divisor);
        return {o, piece, begin + first - skew, begin, end < n ? end : n};
      } else {
        const auto skew = static_cast<std::int32_t>((start_skew + index * line_skew) % W);
        return {index, 0, first - skew, 0, n};
      }
    }
    KOKKOS_FORCEINLINE_FUNCTION CellData cell_of(const Position& at) const {
      if constexpr (Tiled)
        return this->element.cell_data(this->cell_outer.quotient(at.o), at.piece);
      else
        return this->element.cell_data(at.o, 0);
    }
    // May vector accesses load it? (It ends behind the start of its piece.)
    KOKKOS_FORCEINLINE_FUNCTION bool is_straight(const Position& at) const {
      if constexpr (has_packed || W == 1) return at.is_whole();
      constexpr int beyond = Loaded::reach - W;
      const bool inside = at.i >= beyond && at.i + W + beyond <= static_cast<std::int32_t>(this->walk.n_inner);
      return at.i < at.end && (inside || inner_lines.hold(at.o));
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
    // No branch stands between the loads, so that all are in flight together: in place of a pack that is not straight a spare one
    // is loaded, and it is left to run_part with those that are not quick. A bit each is returned.
    KOKKOS_FORCEINLINE_FUNCTION std::uint32_t run_straight(std::uint32_t first, std::uint32_t stripe) const {
      Position at[U];
      Loaded pack[U];
      CellData cell[U];
      bool loaded[U];
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        at[u] = position(first + static_cast<std::uint32_t>(u) * stripe);
        loaded[u] = is_straight(at[u]);
        pack[u].load(this->walk, loaded[u] ? at[u].o : spare_o, loaded[u] ? at[u].i : spare_i);
        cell[u] = cell_of(at[u]);
      }
      Constants k = this->element.quick_constants(cell[0]);
      std::uint32_t left = 0;
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < U; ++u) {
        if (u > 0 && (at[u].o != at[u - 1].o || at[u].piece != at[u - 1].piece)) k = this->element.quick_constants(cell[u]);
        pack[u].settle();
        if (!loaded[u] || !pack[u].compute(this->element, OneForAll<Constants>{k}, k.quick))
          left |= 1u << u;
        else if (has_packed || W == 1 || at[u].is_whole())
          pack[u].store(this->walk, at[u].o, at[u].i);
        else if (at[u].is_end())
          pack[u].store_end(this->walk, at[u].o, at[u].i, at[u].first(), at[u].last());
        else
          left |= 1u << u;
      }
      return left;
    }
    // Any alignment, strides and remainders.
    KOKKOS_FORCEINLINE_FUNCTION void run_part(std::uint32_t p) const {
      const Position at = position(p);
      const Part part{at.first(), at.last(), vectors};
      if (part.last <= part.first) return;
      PackOf pack{};
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

  // Lanes differ: a thread holds the constants of its W positions for some lines that share them and whose packs start at the same
  // distance from the line's: of every `step` lines one. Neighbours take a strip of the positions down all lines, so that constants
  // that others read before are in the cache.
  template <int U>
  struct Lanes : Walk {
    Divider strips;           // threads of a strip, of which this->packs is a stretch's
    Divider stretches;        // (tiled) of lines, in a cell
    std::uint32_t lines;      // a thread, U at most where packs are wider than 1
    std::uint32_t step_bits;  // (untiled) of step, a power of two
    std::uint32_t unit;       // elements: packs start at multiples of W from where one of these does, a power of two
    std::uint32_t start_skew, line_skew;  // of them
    std::uint32_t vectors;
    InnerLines inner_lines;
    bool straight;  // all operands can be moved by vector accesses

    KOKKOS_FORCEINLINE_FUNCTION CellData cell_of(std::uint32_t o, std::int32_t i) const {
      const auto n = static_cast<std::int32_t>(this->walk.n_inner);
      return this->cell_data(o, i < 0 ? 0 : i < n ? i : n - 1);
    }
    // The lines of a thread.
    struct Lot {
      std::uint32_t o, count, step;
    };
    KOKKOS_FORCEINLINE_FUNCTION Lot lot(std::uint32_t stretch) const {
      std::uint32_t o, end = static_cast<std::uint32_t>(this->walk.n_outer), by_bits = 0;
      if constexpr (Tiled) {
        const std::uint32_t cell = stretches.quotient(stretch), cell_begin = cell * this->cell_outer.divisor;
        o = cell_begin + (stretch - cell * stretches.divisor) * lines;
        if (cell_begin + this->cell_outer.divisor < end) end = cell_begin + this->cell_outer.divisor;
      } else {
        by_bits = step_bits;
        const std::uint32_t of_step = stretch & ((1u << by_bits) - 1);
        o = (stretch - of_step) * lines + of_step;
      }
      const std::uint32_t by = 1u << by_bits;
      if (o >= end) return {o, 0, by};
      const std::uint32_t all = (end - o + by - 1) >> by_bits;
      return {o, all < lines ? all : lines, by};
    }
    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
      const auto t = static_cast<std::uint32_t>(thread);
      const std::uint32_t strip = strips.quotient(t), of_strip = t - strip * strips.divisor;
      const std::uint32_t stretch = this->packs.quotient(of_strip);
      const std::uint32_t pack = strip * this->packs.divisor + (of_strip - stretch * this->packs.divisor);
      const Lot at = lot(stretch);
      if (at.count == 0) return;
      const std::uint32_t skew = (start_skew + at.o * line_skew) & (unit - 1);
      const auto i = static_cast<std::int32_t>(pack * W - skew);
      const std::int32_t behind = static_cast<std::int32_t>(this->walk.n_inner) - i;
      const Part part{i < 0 ? -i : 0, behind < W ? behind : W, vectors};
      if (part.last <= part.first) return;
      const bool reaches =
          (part.first == 0 && part.last == W) || (!has_packed && (part.first == 0 || part.last == W) &&
                                                  inner_lines.hold(at.o) && inner_lines.hold(at.o + (at.count - 1) * at.step));

      // Lines that are left, a bit each; behind the others, so that what they need costs these no registers.
      std::uint32_t left =
          straight && reaches ? run_straight(at, i, part) : static_cast<std::uint32_t>((std::uint64_t(1) << at.count) - 1);
      KOKKOSQUANT_NO_UNROLL
      for (std::uint32_t o = at.o; left != 0; o += at.step, left >>= 1)
        if ((left & 1u) != 0 && !(straight && reaches && run_one(o, i, at.o, part))) run_part(o, i, at.o, part);
    }
    // U lines are loaded before the constants are computed: behind the last one it again, so that all are in flight without a branch.
    // Others each as soon as a place is free.
    KOKKOS_FORCEINLINE_FUNCTION std::uint32_t run_straight(const Lot& at, std::int32_t i, const Part& part) const {
      const std::int32_t in_byte = has_packed ? i % 8 : 0;
      const auto from = PackOf::walk_from(this->walk, at.o, i - in_byte);
      PackOf pack[U];
      KOKKOSQUANT_UNROLL
      for (std::uint32_t u = 0; u < U; ++u) pack[u].load(from, (u < at.count ? u : at.count - 1) * at.step, in_byte);
      CellData cell[W];
      this->load_cells(at.o, i, cell);
      LaneConstants k[W];
      bool quick = true;
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) {
        k[lane] = constants_of_lane(this->element, cell[lane]);
        quick = quick && k[lane].quick;
      }
      std::uint32_t left = 0;
      for (std::uint32_t first = 0; first < at.count; first += U) {
        KOKKOSQUANT_UNROLL
        for (std::uint32_t u = 0; u < U; ++u) {
          const std::uint32_t n = first + u;
          if (n >= at.count) break;
          if (!pack[u].compute_most(this->element, OneEach<LaneConstants>{k}, quick))
            left |= 1u << n;
          else if (part.last - part.first == W)
            pack[u].store(from, n * at.step, in_byte);
          else
            pack[u].store_end(from, n * at.step, in_byte, part.first, part.last);
          if (n + U < at.count) pack[u].load(from, (n + U) * at.step, in_byte);
        }
      }
      return left;
    }
    // The same of one line, of any inputs and constants that are quick. False: others, and nothing was stored.
    KOKKOS_INLINE_FUNCTION bool run_one(std::uint32_t o, std::int32_t i, std::uint32_t first, const Part& part) const {
      PackOf pack;
      pack.load(this->walk, o, i);
      Constants k[W];
      bool quick = true;
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) {
        k[lane] = this->element.quick_constants(cell_of(first, i + lane));
        quick = quick && k[lane].quick;
      }
      if (!pack.compute(this->element, OneEach<Constants>{k}, quick)) return false;
      if (part.last - part.first == W)
        pack.store(this->walk, o, i);
      else
        pack.store_end(this->walk, o, i, part.first, part.last);
      return true;
    }
    KOKKOS_INLINE_FUNCTION void run_part(std::uint32_t o, std::int32_t i, std::uint32_t first, const Part& part) const {
      PackOf pack{};
      pack.load_part(this->walk, o, i, part);
      pack.compute_any(this->element, part, [&](int lane) { return this->element.constants(cell_of(first, i + lane)); });
      pack.store_part(this->walk, o, i, part);
    }
  };
};

}  // namespace KokkosQuant::Impl
