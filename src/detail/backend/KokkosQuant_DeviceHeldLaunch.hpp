// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches of ops that find their scales, on a device, where cells lie across lines and threads hold them.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>

#include "../KokkosQuant_CellWalk.hpp"
#include "../KokkosQuant_SweepPlan.hpp"
#include "KokkosQuant_DeviceAlignment.hpp"
#include "KokkosQuant_DeviceCellsHeld.hpp"

namespace KokkosQuant::Impl {

// narrow_width: positions that any place allows.
template <class Exec, class Finder, class Element, class Out, class T, class Alignment, int narrow_width>
struct DeviceHeldLaunch {
  using Walk = Operands<Out, Inputs<T>>;
  static constexpr int warp = 32;
  template <int W>
  using constant = std::integral_constant<int, W>;

  // Threads that hold a tile of cells across lines, or the first lines of it: a number of them side by side (a power of two), and one
  // below the other. Of each line it has a sector of codes of a byte, and less only where the threads then hold it all.
  struct Tile {
    std::int64_t columns, rows;
    int held;  // lines of a thread
    std::int64_t threads() const { return columns * rows; }
    bool holds(std::int64_t lines) const { return rows * held >= lines; }
  };
  template <int W>
  static constexpr int packs = std::max(1, device_tuning.held_words * 4 / std::max(4, W* static_cast<int>(sizeof(T))));
  static constexpr int width = std::max(narrow_width, sizeof(T) == 2 ? 2 : 1);
  template <int W, class Plan>
  static Tile tile_of_width(const Plan& plan, const CellWalk& cells) {
    constexpr int element = static_cast<int>(sizeof(T)), smallest = std::min(element, Alignment::smallest_output);
    constexpr int sector = 32, wide = std::max(1, std::max(sector, 4 * sector / element) / W), usual = std::max(1, sector / W),
                  least = std::max(1, sector / smallest / W);
    if (cells.n_inner >= std::int64_t(1) << 32 || cells.n_inner % W != 0) return {0, 0, 0};
    if (W > 1 && (plan.by_element || !Alignment::template is_aligned<W>(plan.walk))) return {0, 0, 0};
    if (device_walk_on_host)
      return Alignment::is_near(plan.walk) ? Tile{1, 1, packs<W>} : Tile{0, 0, 0};  // (a team is a thread)
    const auto tile_of = [&](std::int64_t columns) {
      const std::int64_t in_warp = std::max<std::int64_t>(1, warp / columns);
      return Tile{columns, divide_up(divide_up(cells.cell_outer, packs<W>), in_warp) * in_warp, packs<W>};
    };
    Tile tile = tile_of(wide);
    while (tile.columns > usual && tile.threads() > device_tuning.held_team) tile = tile_of(tile.columns / 2);
    while (tile.columns > least && tile.threads() > device_tuning.largest_held_team) tile = tile_of(tile.columns / 2);
    if (tile.threads() > device_tuning.largest_held_team) tile = {usual, device_tuning.largest_held_team / usual, packs<W>};
    while (tile.threads() < device_tuning.least_held_team && tile.columns * W < std::min<std::int64_t>(cells.n_inner, 512))
      tile.columns *= 2;
    const int scratch = DeviceCellsHeld<Exec, Finder, Element, Out, T, W, packs<W>, true>::scratch_bytes(
        static_cast<int>(tile.threads()), static_cast<int>(tile.columns));
    return Alignment::is_near(plan.walk, tile.rows) && scratch <= device_tuning.team_scratch ? tile : Tile{0, 0, 0};
  }
  // Calls f with the width of its packs.
  template <class F>
  static bool with_tile(const SweepPlan<Element, Out, Inputs<T>>& plan, const CellWalk& cells, const F& f) {
    if (const Tile tile = tile_of_width<width>(plan, cells); tile.rows > 0) return f(constant<width>{}, tile), true;
    if constexpr (narrow_width < width)
      if (const Tile tile = tile_of_width<narrow_width>(plan, cells); tile.rows > 0)
        return f(constant<narrow_width>{}, tile), true;
    return false;
  }
  // False: there is no such tile, and nothing was launched.
  template <class Plan>
  static bool launch(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                     const CellWalk& cells) {
    return with_tile(plan, cells, [&](auto width, const Tile& tile) {
      if (tile.holds(cells.cell_outer))
        launch_tiles<width, true>(exec, label, plan, finder, cells, tile);
      else
        launch_tiles<width, false>(exec, label, plan, finder, cells, tile);
    });
  }

 private:
  template <int W, bool Whole, class Plan>
  static void launch_tiles(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, const Tile& tile) {
    using Held = DeviceCellsHeld<Exec, Finder, Element, Out, T, W, packs<W>, Whole>;
    static_assert(sizeof(Held) < 512, "larger functors go through constant memory, with a wait");
    const auto team = static_cast<int>(tile.threads()), columns = static_cast<int>(tile.columns);
    const std::int64_t tiles = divide_up(cells.n_inner, columns * W);
    const std::int64_t some = std::max<std::int64_t>(1, device_tuning.largest_launch / tiles);
    for (std::int64_t co = 0; co < cells.cells_outer; co += some) {
      const std::int64_t n = std::min(some, cells.cells_outer - co), o = co * cells.cell_outer;
      Walk walk = plan.walk;
      walk.move(o, 0);
      walk.n_outer = std::min(n * cells.cell_outer, walk.n_outer - o);
      Finder moved = finder;
      moved.move(co, 0);
      Kokkos::TeamPolicy<Exec, Kokkos::LaunchBounds<device_tuning.largest_held_team, 1>> policy(
          exec, static_cast<int>(n * tiles), team, 1);
      policy.set_scratch_size(0, Kokkos::PerTeam(Held::scratch_bytes(team, columns)));
      Kokkos::parallel_for(label, policy,
                           Held{plan.element, walk, moved, static_cast<std::uint32_t>(n * tiles),
                                Divider(static_cast<std::uint32_t>(tiles)), static_cast<std::uint32_t>(cells.cell_outer),
                                static_cast<int>(std::bit_width(static_cast<std::uint32_t>(columns))) - 1});
    }
  }
};

}  // namespace KokkosQuant::Impl
