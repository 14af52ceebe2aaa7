// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches on a device, split so that indices stay 32-bit: as many whole lines a launch as fit, a line of 2^30 packs and more
// in pieces. No launch cuts a cell, except one that is longer than a launch.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>

#include "../KokkosQuant_SweepPlan.hpp"
#include "KokkosQuant_DeviceSweep.hpp"

namespace KokkosQuant::Impl {

// Where the launch that starts at a position ends: after at most so many, at the end of the axis; and after whole units where
// one fits, else with the cell that it starts in. A unit: what a launch must not cut, one (untiled), a cell, or of packed codes
// as many as end with a byte.
inline std::int64_t launch_end(std::int64_t start, std::int64_t extent, std::int64_t cell, std::int64_t unit,
                               std::int64_t most) {
  if (start % cell == 0 && extent - start <= most) return extent;
  const std::int64_t end = unit <= most ? start + most / unit * unit : std::min(start + most, (start / cell + 1) * cell);
  return std::min(end, extent);
}

template <class Exec, class Element, class Out, class In, bool Tiled>
struct DeviceLaunch;
template <class Exec, class Element, class... O, class... I, bool Tiled>
struct DeviceLaunch<Exec, Element, Outputs<O...>, Inputs<I...>, Tiled> {
  using Out = Outputs<O...>;
  using In = Inputs<I...>;
  using Walk = Operands<Out, In>;
  static constexpr int largest_element = static_cast<int>(std::max({sizeof(O)..., sizeof(I)...}));
  static constexpr int smallest_output = static_cast<int>(std::min({sizeof(O)...}));
  // Where lanes differ a thread holds constants for each, and has no registers for more of them than an access has.
  static constexpr int lanes_width =
      std::max({device_tuning.access_bytes / largest_element, static_cast<int>(elements_per<O>)...});
  // Elsewhere as many as fill an access of the narrowest output, in two of the widest operand at most: codes of 1 or 2 bytes a
  // thread leave stores half empty.
  static constexpr int pack_width = Walk::has_packed
                                        ? std::max(lanes_width, device_tuning.packed_bytes / smallest_output)
                                        : std::max(lanes_width, std::min(2 * device_tuning.access_bytes / largest_element,
                                                                         device_tuning.access_bytes / smallest_output));
  // As many as have the accesses of packs_a_thread in flight.
  template <int W>
  static constexpr int packs_a_thread = std::max(1, device_tuning.packs_a_thread* device_tuning.access_bytes /
                                                        std::max(device_tuning.access_bytes, W* largest_element));

  // ---- alignment ---------------------------------------------------------------------------------------------------------
  // Elements between an aligned pack and the start of line 0, or of the next line. Packed codes' packs start with the line.
  template <int W, class T>
  static std::uint32_t start_skew(const Lines<T>& lines) {
    if (Walk::has_packed) return 0;
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(lines.data) / sizeof(T) % W);
  }
  template <int W, class T>
  static std::uint32_t line_skew(const Lines<T>& lines) {
    return Walk::has_packed ? 0 : static_cast<std::uint32_t>(lines.outer % W);
  }
  // The operands that vector accesses can move, a bit each: those whose packs are aligned where the first output's are.
  static constexpr std::uint32_t all_operands = (1u << (sizeof...(O) + sizeof...(I))) - 1;
  template <int W>
  static std::uint32_t vectors_of(const Walk& walk) {
    const auto& leader = get<0>(walk.out);
    std::uint32_t bits = 0, bit = 1;
    all_of(walk, [&](const auto& lines) {
      using T = std::remove_cvref_t<decltype(*lines.data)>;
      constexpr std::int64_t bytes = chunk_alignment<T, W>;
      const auto address = reinterpret_cast<std::uintptr_t>(lines.data);
      const bool same =
          Walk::has_packed
              ? address % bytes == 0 && (walk.n_outer == 1 || lines.outer * static_cast<std::int64_t>(sizeof(T)) % bytes == 0)
              : address % sizeof(T) == 0 && start_skew<W>(lines) == start_skew<W>(leader) &&
                    (walk.n_outer == 1 || line_skew<W>(lines) == line_skew<W>(leader));
      bits |= lines.inner == 1 && same ? bit : 0;
      bit <<= 1;
      return true;
    });
    return bits;
  }
  template <int W>
  static bool is_aligned(const Walk& walk) {
    const auto& leader = get<0>(walk.out);
    return vectors_of<W>(walk) == all_operands && start_skew<W>(leader) == 0 &&
           (walk.n_outer == 1 || line_skew<W>(leader) == 0);
  }

  // Are cells worth pieces of whole packs? Packed codes of a byte stay together.
  template <class Plan>
  static bool fits_pieces(const Plan& plan) {
    const bool whole_packs = plan.cells.inner % pack_width == 0 && is_aligned<pack_width>(plan.walk);
    return whole_packs || (plan.cells.inner >= 2 * pack_width && !Walk::has_packed);
  }
  template <class Plan>
  static bool fits_packs(const Plan& plan) {
    return plan.lanes_differ ? is_aligned<lanes_width>(plan.walk) : vectors_of<pack_width>(plan.walk) != 0;
  }

  // ---- launches ----------------------------------------------------------------------------------------------------------
  template <class Plan>
  static void launch(const Exec& exec, const std::string& label, const Plan& plan) {
    if constexpr (!Walk::has_packed)
      if (plan.lanes_differ && plan.by_element) return launch_parts<1>(exec, label, plan);
    if (plan.lanes_differ) return launch_parts<lanes_width>(exec, label, plan);
    launch_widest<pack_width>(exec, label, plan);
  }

 private:
  // Short lines that do not start at multiples of a pack go in narrower packs: parts of packs are slower than whole ones.
  template <int W>
  static constexpr bool is_piece_width = W == pack_width || (!Walk::has_packed && W >= 4 && W < pack_width);
  template <int W, class Plan>
  static void launch_widest(const Exec& exec, const std::string& label, const Plan& plan) {
    const bool is_long = std::min(plan.cells.inner, plan.walk.n_inner) >= device_tuning.short_line * W;
    if constexpr (is_piece_width<W / 2>)
      if (!is_long && !is_aligned<W>(plan.walk)) return launch_widest<W / 2>(exec, label, plan);
    launch_parts<W>(exec, label, plan);
  }
  static std::int64_t part_end(std::int64_t start, std::int64_t extent, std::int64_t cell, std::int64_t most) {
    return launch_end(start, extent, cell, !Tiled ? 1 : Walk::has_packed ? std::lcm<std::int64_t>(8, cell) : cell, most);
  }
  static Divider divider(std::int64_t d) { return Divider(static_cast<std::uint32_t>(d)); }
  static constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

  template <int W, class Plan>
  static void launch_parts(const Exec& exec, const std::string& label, const Plan& plan) {
    constexpr std::int64_t largest = device_tuning.largest_launch, longest = Tiled ? largest : (largest - 2) * W;
    const Walk& whole = plan.walk;
    const Cells& cells = plan.cells;
    const bool in_pieces = Tiled && !plan.lanes_differ;
    if (Tiled && Walk::has_packed && whole.n_inner > longest && cells.inner < whole.n_inner && cells.inner > longest / 8 &&
        cells.inner % 8 != 0)
      throw std::length_error(label + ": lines of more than " + std::to_string(longest) +
                              " packed codes need groups of at most " + std::to_string(longest / 8) +
                              ", or of a multiple of 8: expected groups whose codes fill bytes");
    // (Tiled: every piece starts where a pack does, and so does every launch.)
    const bool pieces_start_aligned = whole.n_inner <= longest && (cells.inner >= whole.n_inner || cells.inner % W == 0);
    const bool starts_aligned =
        plan.lanes_differ || Walk::has_packed || (!plan.by_element && is_aligned<W>(whole) && (!Tiled || pieces_start_aligned));
    for (std::int64_t i = 0, end_i; i < whole.n_inner; i = end_i) {
      end_i = part_end(i, whole.n_inner, cells.inner, longest);
      const std::int64_t n = end_i - i, piece = in_pieces ? std::min(cells.inner, n) : n;
      const std::int64_t packs = divide_up(piece + (starts_aligned ? 0 : W - 1), W), pieces = divide_up(n, piece);
      std::int64_t lines_a_thread = 1, lines = std::max<std::int64_t>(1, largest / (packs * pieces));
      if (plan.lanes_differ) {
        lines_a_thread = std::min<std::int64_t>(device_tuning.columns_a_token, Tiled ? cells.outer : whole.n_outer);
        lines = std::min(lines * lines_a_thread, Tiled ? largest : whole.n_outer);
      }
      for (std::int64_t o = 0, end_o; o < whole.n_outer; o = end_o) {
        end_o = part_end(o, whole.n_outer, cells.outer, lines);
        Walk walk = whole;
        Element element = plan.element;
        move_origin(walk, element, cells, o, i);
        walk.n_inner = n;
        walk.n_outer = end_o - o;
        const DeviceWalk<Element, Out, In, Tiled> part{element,
                                                       walk,
                                                       divider(packs),
                                                       divider(pieces),
                                                       divider(Tiled ? std::min(cells.outer, walk.n_outer) : 1),
                                                       divider(Tiled ? std::min(cells.inner, n) : 1)};
        if constexpr (W == 1 || W == lanes_width)
          if (plan.lanes_differ) launch_lanes<W>(exec, label, part, plan.by_element, lines_a_thread);
        if constexpr (is_piece_width<W>)
          if (!plan.lanes_differ) launch_pieces<W>(exec, label, part, plan.by_element);
      }
    }
  }
  static void move_origin(Walk& walk, Element& element, const Cells& cells, std::int64_t o, std::int64_t i) {
    const auto move = [&](auto& lines) { lines.data = lines.at(o, i); };
    const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
      (move(get<A>(walk.out)), ...);
      (move(get<B>(walk.in)), ...);
    };
    unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
    if (Tiled)
      element.move(o / cells.outer, i / cells.inner);
    else
      element.move(o, i);  // strides are 0 along an axis on which scales do not change
  }

  template <class Functor>
  static void launch_threads(const Exec& exec, const std::string& label, std::int64_t threads, const Functor& functor) {
    static_assert(sizeof(Functor) < 512, "larger functors go through constant memory, with a wait");
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int32_t>>(exec, 0, static_cast<std::int32_t>(threads)),
        functor);
  }
  template <int W>
  static void launch_pieces(const Exec& exec, const std::string& label, const DeviceWalk<Element, Out, In, Tiled>& part,
                            bool by_element) {
    constexpr std::int64_t stripe = device_tuning.stripe, span = stripe * packs_a_thread<W>;
    const auto& leader = get<0>(part.walk.out);
    const std::int64_t pieces = Tiled ? part.pieces.divisor : 1;
    const std::int64_t total = part.packs.divisor * pieces * part.walk.n_outer;
    const std::uint32_t vectors = by_element ? 0 : vectors_of<W>(part.walk);
    const std::uint32_t piece_skew = Walk::has_packed ? 0 : part.cell_inner.divisor % W;
    const bool whole_pack = part.walk.n_inner >= W && (start_skew<W>(leader) == 0 || part.walk.n_inner >= 2 * W);
    launch_threads(exec, label, (total + span - 1) / span * stripe,
                   typename DeviceSweep<Element, Out, In, Tiled, W>::template Pieces<packs_a_thread<W>>{
                       {part},
                       static_cast<std::uint32_t>(total),
                       start_skew<W>(leader),
                       line_skew<W>(leader),
                       piece_skew,
                       vectors,
                       vectors == all_operands && whole_pack});
  }
  template <int W>
  static void launch_lanes(const Exec& exec, const std::string& label, const DeviceWalk<Element, Out, In, Tiled>& part,
                           bool by_element, std::int64_t lines) {
    const std::int64_t cell = part.cell_outer.divisor, n_outer = part.walk.n_outer;
    const std::int64_t in_cell = Tiled ? divide_up(cell, lines) : 1;
    const std::int64_t stretches = Tiled ? divide_up(n_outer, cell) * in_cell : divide_up(n_outer, lines);
    // Packs start with the lines, which a launch from a later position on may begin beside.
    const auto& leader = get<0>(part.walk.out);
    const bool at_packs = Walk::has_packed || (start_skew<W>(leader) == 0 && (n_outer == 1 || line_skew<W>(leader) == 0));
    const std::uint32_t vectors = by_element || !at_packs ? 0 : vectors_of<W>(part.walk);
    launch_threads(
        exec, label, stretches * part.packs.divisor,
        typename DeviceSweep<Element, Out, In, Tiled, W>::template Lanes<packs_a_thread<W>>{
            {part}, divider(in_cell), static_cast<std::uint32_t>(lines), vectors, W == 1 || vectors == all_operands});
  }
};

}  // namespace KokkosQuant::Impl
