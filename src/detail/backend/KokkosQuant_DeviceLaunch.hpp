// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches on a device, split so that indices stay 32-bit: as many whole lines a launch as fit, a line of 2^30 elements and more
// in pieces. No launch cuts a cell, except one that is longer than a launch.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>

#include "../KokkosQuant_SweepPlan.hpp"
#include "KokkosQuant_DeviceAlignment.hpp"
#include "KokkosQuant_DeviceBlocks.hpp"
#include "KokkosQuant_DeviceShiftedPack.hpp"
#include "KokkosQuant_DeviceSweep.hpp"
#include "KokkosQuant_DeviceTileLaunch.hpp"

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
struct DeviceLaunch<Exec, Element, Outputs<O...>, Inputs<I...>, Tiled> : DeviceAlignment<Outputs<O...>, Inputs<I...>, Tiled> {
  using Out = Outputs<O...>;
  using In = Inputs<I...>;
  using Alignment = DeviceAlignment<Out, In, Tiled>;
  using Tiles = DeviceTileLaunch<Exec, Element, Out, In, Tiled>;
  using Walk = typename Alignment::Walk;
  using Classes = typename Alignment::Classes;
  using Alignment::all_operands, Alignment::lanes_width, Alignment::pack_width, Alignment::short_width, Alignment::inner_lines;
  template <int W>
  static constexpr int packs_a_thread = Alignment::template packs_a_thread<W>;

  // Are cells worth pieces of whole packs? Packed codes of a byte stay together.
  template <class Plan>
  static bool fits_pieces(const Plan& plan) {
    const bool whole_packs = plan.cells.inner % short_width == 0 && Alignment::template is_aligned<short_width>(plan.walk);
    return whole_packs || (plan.cells.inner >= 2 * pack_width && !Walk::has_packed);
  }
  template <class Plan>
  static bool fits_packs(const Plan& plan) {
    if (plan.lanes_differ) return Alignment::template fits_lanes<lanes_width>(plan.walk);
    return Alignment::template vectors_of<short_width>(plan.walk) == all_operands ||
           Alignment::template fits_shifted<pack_width>(plan.walk);
  }

  // ---- launches ----------------------------------------------------------------------------------------------------------
  template <class Plan>
  static void launch(const Exec& exec, const std::string& label, const Plan& plan) {
    if constexpr (!Walk::has_packed) {
      if (plan.by_element && Tiles::fits(plan)) return Tiles::launch(exec, label, plan);
      if (plan.by_element || has_short_lines(plan)) return launch_parts<1>(exec, label, plan);
    }
    if constexpr (Tiled) {
      if (launch_cells(exec, label, plan)) return;
      using Blocks = DeviceBlockLaunch<Exec, Element, Out, In>;
      if (Blocks::fits(plan)) return Blocks::launch(exec, label, plan);
    }
    if (plan.lanes_differ)
      launch_parts<lanes_width>(exec, label, plan);
    else if (short_width < pack_width && !ends_with_packs(plan))
      launch_parts<short_width>(exec, label, plan);
    else
      launch_parts<pack_width>(exec, label, plan);
  }

 private:
  // Do lines and cells start and end with whole packs of the widest? (The end of a single line does not matter.)
  template <class Plan>
  static bool ends_with_packs(const Plan& plan) {
    const Walk& walk = plan.walk;
    return Alignment::template vectors_of<pack_width>(walk) == all_operands &&
           (walk.n_outer == 1 || walk.n_inner % pack_width == 0) &&
           (!Tiled || plan.cells.inner >= walk.n_inner || plan.cells.inner % pack_width == 0);
  }
  // Lines that are parts of packs only.
  template <class Plan>
  static bool has_short_lines(const Plan& plan) {
    return !plan.lanes_differ && plan.walk.n_inner < pack_width && !Alignment::template is_aligned<pack_width>(plan.walk);
  }
  static std::int64_t part_end(std::int64_t start, std::int64_t extent, std::int64_t cell, std::int64_t most) {
    return launch_end(start, extent, cell, !Tiled ? 1 : Walk::has_packed ? std::lcm<std::int64_t>(8, cell) : cell, most);
  }
  static Divider divider(std::int64_t d) { return Divider(static_cast<std::uint32_t>(d)); }

  template <class, class, class, class, bool>
  friend struct DeviceLaunch;
  // Cells of whole packs that follow each other without gaps, also from line to line, are lines of their own: where a cell ends is not
  // asked for every pack. (H200, groups of 128, bfloat16: quantize, fake quantize, backward 0.91, 0.89, 0.92 without, 0.96, 0.97, 0.98.)
  // False: there are none, and nothing was launched.
  template <class Plan>
  static bool launch_cells(const Exec& exec, const std::string& label, const Plan& plan) {
    const Cells& cells = plan.cells;
    const std::int64_t lines = plan.walk.n_outer, n = plan.walk.n_inner, cells_a_line = n / cells.inner;
    if (plan.lanes_differ || plan.by_element || cells.outer != 1 || n % cells.inner != 0 || cells.inner % pack_width != 0 ||
        !Alignment::template is_aligned<pack_width>(plan.walk))
      return false;
    SweepPlan<Element, Out, In> split = plan;
    const bool dense = all_of(plan.walk, [&](const auto& of) {  // (of whole bytes: a pack of doubles may be half of one)
      return cells.inner % of.per == 0 && (lines == 1 || of.outer * of.per == n);
    });
    if (!dense || !split.element.split_lines(lines, cells_a_line)) return false;
    change_all(split.walk, [&](auto& of) { of.outer = cells.inner / of.per; });
    split.walk.n_outer = lines * cells_a_line;
    split.walk.n_inner = cells.inner;
    DeviceLaunch<Exec, Element, Out, In, false>::template launch_parts<pack_width, false>(exec, label, split);
    return true;
  }
  template <int W, bool MayDiffer = true, class Plan>
  static void launch_parts(const Exec& exec, const std::string& label, const Plan& plan) {
    constexpr std::int64_t largest = device_tuning.largest_launch;
    // (Elements, as their indices are 32-bit too; lanes take up to W times as many packs. Of packed codes whole bytes, which hold up to 8.)
    const std::int64_t longest = Tiled ? largest : plan.lanes_differ ? largest / 16 : largest - std::max(2 * W, 8);
    const Walk& whole = plan.walk;
    const Cells& cells = plan.cells;
    const bool in_pieces = Tiled && !plan.lanes_differ;
    if (Tiled && Walk::has_packed && whole.n_inner > longest && cells.inner < whole.n_inner && cells.inner > longest / 8 &&
        cells.inner % 8 != 0)
      throw std::length_error(label + ": lines of more than " + std::to_string(longest) +
                              " packed codes need groups of at most " + std::to_string(longest / 8) +
                              ", or of a multiple of 8: expected groups whose codes fill bytes");
    const Classes classes = Alignment::template classes_of<W>(whole, plan.by_element || !plan.lanes_differ);
    // Lines (and pieces) start so many elements behind an aligned pack at most.
    const std::int64_t apart =
        std::gcd(in_pieces && !Walk::has_packed && cells.inner < whole.n_inner ? cells.inner : 0, classes.unit / classes.count);
    const std::int64_t start_skew = Alignment::template start_skew<W>(get<0>(whole.out), classes.unit);
    for (std::int64_t i = 0, end_i; i < whole.n_inner; i = end_i) {
      end_i = part_end(i, whole.n_inner, cells.inner, longest);
      const std::int64_t most_skew = classes.unit - apart + (start_skew + (Walk::has_packed ? 0 : i)) % apart;
      const std::int64_t n = end_i - i, piece = in_pieces ? std::min(cells.inner, n) : n;
      const std::int64_t packs = divide_up(piece + most_skew, W), pieces = divide_up(n, piece);
      std::int64_t lines_a_thread = 1, lines = std::max<std::int64_t>(1, largest / (packs * pieces));
      if (plan.lanes_differ) {
        lines_a_thread = std::min<std::int64_t>(
            W == 1 ? device_tuning.columns_a_token : Alignment::template lanes_lines<W>(classes.count == 1),
            Tiled ? cells.outer : divide_up(whole.n_outer, classes.count));
        while (lines_a_thread > device_tuning.least_columns_a_token &&
               divide_up(whole.n_outer, lines_a_thread) * packs < device_tuning.enough_threads)
          lines_a_thread /= 2;
        lines = std::min(lines / classes.count * classes.count * lines_a_thread, largest);
      }
      if (!Alignment::is_near(whole)) lines = 1;
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
        if constexpr (MayDiffer && (W == 1 || W == lanes_width))
          if (plan.lanes_differ) launch_lanes<W>(exec, label, part, plan.by_element, lines_a_thread, classes);
        if constexpr (W == 1 || W == pack_width || W == short_width)
          if (!plan.lanes_differ) launch_pieces<W>(exec, label, part, plan.by_element);
      }
    }
  }
  static void move_origin(Walk& walk, Element& element, const Cells& cells, std::int64_t o, std::int64_t i) {
    walk.move(o, i);
    if (Tiled)
      element.move(o / cells.outer, i / cells.inner);
    else
      element.move(o, i);  // strides are 0 along an axis on which scales do not change
  }

  template <class Bounds = Kokkos::LaunchBounds<>, class Functor>
  static void launch_threads(const Exec& exec, const std::string& label, std::int64_t threads, const Functor& functor) {
    static_assert(sizeof(Functor) < 512, "larger functors go through constant memory, with a wait");
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int32_t>, Bounds>(exec, 0, static_cast<std::int32_t>(threads)),
        functor);
  }
  template <int W>
  static void launch_pieces(const Exec& exec, const std::string& label, const DeviceWalk<Element, Out, In, Tiled>& part,
                            bool by_element) {
    using Sweep = DeviceSweep<Element, Out, In, Tiled, W>;
    const std::uint32_t vectors = by_element ? 0 : Alignment::template vectors_of<W>(part.walk);
    if constexpr (!Walk::has_packed && W > 1)
      if (!by_element && vectors != all_operands)
        return launch_loaded<W, DeviceShiftedPack<Element, Out, In, W>, Alignment::template shifted_packs_a_thread<W>>(
            exec, label, part, vectors, Alignment::template fits_shifted<W>(part.walk));
    launch_loaded<W, typename Sweep::PackOf, packs_a_thread<W>>(exec, label, part, vectors, W == 1 || vectors == all_operands);
  }
  template <int W, class Loaded, int U>
  static void launch_loaded(const Exec& exec, const std::string& label, const DeviceWalk<Element, Out, In, Tiled>& part,
                            std::uint32_t vectors, bool straight) {
    constexpr std::int64_t stripe = device_tuning.stripe, span = stripe * U;
    const Walk& walk = part.walk;
    const auto& leader = get<0>(walk.out);
    const std::int64_t pieces = Tiled ? part.pieces.divisor : 1;
    const std::int64_t total = part.packs.divisor * pieces * walk.n_outer;
    const std::uint32_t piece_skew = Walk::has_packed ? 0 : part.cell_inner.divisor % W;
    const InnerLines inner = inner_lines(walk, Loaded::reach);
    // A pack that may be loaded in place of one that may not: of the first line that has neighbours, or inside line 0.
    const bool has_neighbours = !Walk::has_packed && W > 1 && inner.count > 0;
    const std::int64_t spare_o = has_neighbours ? inner.first : 0;
    std::int64_t spare_i = -static_cast<std::int64_t>(
        (Alignment::template start_skew<W>(leader) + spare_o * Alignment::template line_skew<W>(leader)) % W);
    if (!has_neighbours) spare_i += (spare_i < 0 ? W : 0) + Loaded::reach - W;
    const bool has_spare = has_neighbours || spare_i + Loaded::reach <= walk.n_inner;
    launch_threads(
        exec, label, (total + span - 1) / span * stripe,
        typename DeviceSweep<Element, Out, In, Tiled, W>::template Pieces<Loaded, U>{{part},
                                                                                     static_cast<std::uint32_t>(total),
                                                                                     Alignment::template start_skew<W>(leader),
                                                                                     Alignment::template line_skew<W>(leader),
                                                                                     piece_skew,
                                                                                     vectors,
                                                                                     inner,
                                                                                     static_cast<std::uint32_t>(spare_o),
                                                                                     static_cast<std::int32_t>(spare_i),
                                                                                     straight && has_spare});
  }
  template <int W>
  static void launch_lanes(const Exec& exec, const std::string& label, const DeviceWalk<Element, Out, In, Tiled>& part,
                           bool by_element, std::int64_t lines, Classes classes) {
    const std::int64_t cell = part.cell_outer.divisor, n_outer = part.walk.n_outer;
    if (n_outer == 1) classes.count = 1;
    const std::int64_t in_cell = Tiled ? divide_up(cell, lines) : 1;
    const std::int64_t stretches =
        Tiled ? divide_up(n_outer, cell) * in_cell : classes.count * divide_up(divide_up(n_outer, classes.count), lines);
    // Strips of whole warps.
    constexpr std::int64_t strip_packs = device_tuning.strip_packs;
    const std::int64_t packs = part.packs.divisor;
    const std::int64_t strips = std::max<std::int64_t>(1, (packs + strip_packs / 2) / strip_packs);
    const std::int64_t strip =
        strips == 1 ? packs : divide_up(divide_up(packs, strips), device_tuning.stripe) * device_tuning.stripe;
    auto walk = part;
    walk.packs = divider(strip);
    const auto& leader = get<0>(part.walk.out);
    const std::uint32_t vectors = by_element ? 0 : Alignment::template vectors_of<W>(part.walk);
    launch_threads<Kokkos::LaunchBounds<device_tuning.lanes_block, device_tuning.lanes_blocks_at_once>>(
        exec, label, stretches * strip * strips,
        typename DeviceSweep<Element, Out, In, Tiled, W>::template Lanes<Alignment::template lanes_packs_a_thread<W>>{
            {walk},
            divider(stretches * strip),
            divider(in_cell),
            static_cast<std::uint32_t>(lines),
            static_cast<std::uint32_t>(std::countr_zero(static_cast<std::uint64_t>(classes.count))),
            static_cast<std::uint32_t>(classes.unit),
            Alignment::template start_skew<W>(leader, classes.unit),
            n_outer == 1 ? 0 : Alignment::template line_skew<W>(leader, classes.unit),
            vectors,
            inner_lines(part.walk, W),
            W == 1 || vectors == all_operands});
  }
};

}  // namespace KokkosQuant::Impl
