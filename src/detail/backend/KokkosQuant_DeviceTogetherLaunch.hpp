// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches of ops that find their scales, of cells that follow each other in memory without gaps: how many a team has.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include "../KokkosQuant_CellWalk.hpp"
#include "../KokkosQuant_SweepPlan.hpp"
#include "KokkosQuant_DeviceAlignment.hpp"
#include "KokkosQuant_DeviceCellsTogether.hpp"
#include "KokkosQuant_DeviceNeighbours.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Finder, class Element, class Out, class T, class Launch>
struct DeviceTogetherLaunch {
  using Walk = typename Launch::Walk;
  static constexpr int warp = 32, W = device_tuning.access_bytes / int{sizeof(T)}, U = device_tuning.packs_together;
  // Codes of a pack fill words, and a range is that of float or of 16 bits.
  static constexpr bool suits = has_neighbours<Exec> && sizeof(T) <= 4 && W % Launch::codes_a_word == 0;

  static bool fits(const SweepPlan<Element, Out, Inputs<T>>& plan, const CellWalk& cells) {
    if (!suits || plan.by_element || cells.cell_outer != 1) return false;
    const bool dense = all_of(plan.walk, [&](const auto& lines) {
      return lines.inner == 1 && (plan.walk.n_outer == 1 || lines.outer * lines.per == plan.walk.n_inner);
    });
    const std::int64_t cell = cell_of(plan, cells), packs = cell / W;
    return dense && Launch::template is_aligned<W>(plan.walk) && cell % W == 0 && plan.walk.n_inner % cell == 0 &&
           (packs % warp == 0 || packs == 16 || packs == 8 || packs == 4 || packs == 2) &&
           packs <= std::int64_t{U} * device_tuning.largest_team_together && cells.cells_inner <= device_tuning.largest_launch;
  }
  template <class Plan>
  static void launch(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                     const CellWalk& cells) {
    if constexpr (suits) {
      using Together = DeviceCellsTogether<Exec, Finder, Element, Out, T, W, U>;
      static_assert(sizeof(Together) < 512, "larger functors go through constant memory, with a wait");
      const std::int64_t packs = cell_of(plan, cells) / W, some = device_tuning.largest_launch / cells.cells_inner;
      const Team team = team_for(packs);
      const int lanes_log2 = std::bit_width(static_cast<std::uint32_t>(std::min<std::int64_t>(packs, warp))) - 1;
      for (std::int64_t o = 0; o < cells.n_outer; o += some) {
        const std::int64_t n = std::min(some, cells.n_outer - o) * cells.cells_inner;
        Walk walk = plan.walk;
        walk.move(o, 0);
        Finder moved = finder;
        moved.move(o, 0);
        const auto teams = static_cast<int>(divide_up(n, team.cells));
        Kokkos::TeamPolicy<Exec, Kokkos::LaunchBounds<device_tuning.largest_team_together, 1>> policy(exec, teams, team.threads,
                                                                                                      1);
        policy.set_scratch_size(0, Kokkos::PerTeam(Together::scratch_bytes(team.threads, lanes_log2, team.cells)));
        const auto narrow = [](std::int64_t count) { return static_cast<std::uint32_t>(count); };
        Kokkos::parallel_for(label, policy,
                             Together{plan.element, walk, moved, narrow(n), narrow(team.cells),
                                      Divider(narrow(cells.cells_inner)), Divider(narrow(packs)), lanes_log2});
      }
    }
  }

 private:
  template <class Plan>
  static std::int64_t cell_of(const Plan& plan, const CellWalk& cells) {
    return std::max<std::int64_t>(1, std::min(cells.cell_inner, plan.walk.n_inner));
  }
  struct Team {
    int threads;
    std::int64_t cells;
  };
  // The smallest team of those whose threads have most to do.
  static Team team_for(std::int64_t packs) {
    constexpr int least = device_tuning.least_team_together;
    const auto team_of = [&](int threads) { return Team{threads, std::int64_t{threads} * U / packs}; };
    Team best = team_of(std::max(least, static_cast<int>(divide_up(packs, U * warp)) * warp));
    for (int threads = best.threads + warp; threads <= 2 * least; threads += warp)
      if (const Team team = team_of(threads); team.cells * best.threads > best.cells * threads) best = team;
    return best;
  }
};

}  // namespace KokkosQuant::Impl
