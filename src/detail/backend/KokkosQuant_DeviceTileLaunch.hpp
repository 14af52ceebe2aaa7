// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches for arrays that are contiguous along different axes.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "../KokkosQuant_SweepPlan.hpp"
#include "KokkosQuant_DeviceAlignment.hpp"
#include "KokkosQuant_DeviceTiles.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Element, class Out, class In, bool Tiled>
struct DeviceTileLaunch {
  using Walk = Operands<Out, In>;
  static constexpr int lanes_width = DeviceAlignment<Out, In, Tiled>::lanes_width;
  using Tiles = DeviceTiles<Exec, Element, Out, In, Tiled, lanes_width>;

  // Are some arrays contiguous along lines and some across them? Scales must not change within a pack.
  template <class Plan>
  static bool fits(const Plan& plan) {
    const Walk& walk = plan.walk;
    constexpr std::int64_t least = device_tuning.tile_lines / 4, most = std::int64_t(1) << 31;
    bool along = false, across = false;
    all_of(walk, [&](const auto& lines) {
      along = along || lines.inner == 1;
      across = across || (lines.outer == 1 && lines.inner != 1);
      return true;
    });
    return along && across && std::min(walk.n_outer, walk.n_inner) >= least && std::max(walk.n_outer, walk.n_inner) < most &&
           (!Tiled || (!plan.lanes_differ && plan.cells.inner % lanes_width == 0));
  }
  // Turned so that scales do not change along lines.
  template <class Plan>
  static void launch(const Exec& exec, const std::string& label, const Plan& plan) {
    Element element = plan.element;
    Walk walk = plan.walk;
    if (plan.lanes_differ) {
      element.transpose();
      change_all(walk, [](auto& lines) { std::swap(lines.outer, lines.inner); });
      std::swap(walk.n_outer, walk.n_inner);
    }
    std::uint32_t along = 0, across = 0, bit = 1;
    all_of(walk, [&](const auto& lines) {
      using T = std::remove_cvref_t<decltype(*lines.data)>;
      constexpr std::int64_t bytes = chunk_alignment<T, lanes_width>, size = sizeof(T);
      const bool aligned = reinterpret_cast<std::uintptr_t>(lines.data) % bytes == 0;
      along |= aligned && lines.inner == 1 && lines.outer * size % bytes == 0 ? bit : 0;
      across |= aligned && lines.outer == 1 && lines.inner * size % bytes == 0 ? bit : 0;
      bit <<= 1;
      return true;
    });
    const std::int64_t tiles_inner = divide_up(walk.n_inner, Tiles::positions);
    const std::int64_t tiles = divide_up(walk.n_outer, Tiles::lines) * tiles_inner;
    const Cells& cells = plan.cells;
    const Tiles functor{{element, walk, Divider(1), Divider(1), divider(Tiled ? std::min(cells.outer, walk.n_outer) : 1),
                         divider(Tiled ? std::min(cells.inner, walk.n_inner) : 1)},
                        along,
                        across,
                        tiles,
                        tiles_inner};
    using Policy = Kokkos::TeamPolicy<Exec, Kokkos::LaunchBounds<device_tuning.tile_team, device_tuning.tiles_at_once>>;
    Policy policy(exec, static_cast<int>(std::min(tiles, device_tuning.largest_launch)), Tiles::threads, 1);
    policy.set_scratch_size(0, Kokkos::PerTeam(Tiles::scratch_bytes));
    static_assert(sizeof(Tiles) < 512, "larger functors go through constant memory, with a wait");
    Kokkos::parallel_for(label, policy, functor);
  }

 private:
  static Divider divider(std::int64_t d) { return Divider(static_cast<std::uint32_t>(d)); }
};

}  // namespace KokkosQuant::Impl
