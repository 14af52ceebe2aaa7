// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches of ops that find their scales, on a device.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "KokkosQuant_DeviceCellsAcross.hpp"
#include "KokkosQuant_DeviceCellsAlong.hpp"
#include "KokkosQuant_DeviceLaunch.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Finder, class Element, class Out, class In, bool Tiled>
struct DeviceDynamicLaunch;
template <class Exec, class Finder, class Element, class Out, class T, bool Tiled>
struct DeviceDynamicLaunch<Exec, Finder, Element, Out, Inputs<T>, Tiled> {
  using Launch = DeviceLaunch<Exec, Element, Out, Inputs<T>, Tiled>;
  using Walk = typename Launch::Walk;
  using Range = FiniteRange<typename Finder::compute>;
  static constexpr int max_threads = device_tuning.largest_team;
  static constexpr bool narrows = Launch::smallest_output < static_cast<int>(sizeof(T));
  static constexpr int teams_at_once = narrows ? device_tuning.teams_of_codes_at_once : device_tuning.teams_at_once;
  using Policy = Kokkos::TeamPolicy<Exec, Kokkos::LaunchBounds<max_threads, teams_at_once>>;
  static constexpr int pack_width = Launch::pack_width, lanes_width = Launch::lanes_width;
  static constexpr int kept =
      std::max(1, std::min(device_tuning.kept_elements, device_tuning.kept_bytes / static_cast<int>(sizeof(T))) / pack_width);
  static constexpr int threads = device_tuning.team_threads, warp = 32;

  template <class>
  struct widest_code;
  template <class... O>
  struct widest_code<Outputs<O...>> {
    static constexpr int value = std::max({static_cast<int>(elements_per<O>)...});
  };
  static constexpr int narrow_width = widest_code<Out>::value;  // positions that any place allows

  // Packs that a line of a cell (or part) has at most.
  static std::int64_t packs_of(const Walk& walk, std::int64_t elements) {
    const bool aligned = (Walk::has_packed || Launch::template is_aligned<pack_width>(walk)) && elements % pack_width == 0;
    return (elements + (aligned ? 0 : pack_width - 1) + pack_width - 1) / pack_width;
  }
  // Can the threads of a team have a cell? Packed codes of a byte belong to one.
  template <class Plan>
  static bool fits(const Plan& plan, const CellWalk& cells) {
    if (Walk::has_packed && !cells.across() && cells.cells_inner > 1 && cells.cell_inner % pack_width != 0) return false;
    if (Walk::has_packed && cells.across() && !Launch::template is_aligned<lanes_width>(plan.walk)) return false;
    return cells.cell_outer * cells.cell_inner <= device_tuning.team_elements;
  }
  // Do they hold it in registers?
  template <class Plan>
  static bool reads_once(const Plan& plan, const CellWalk& cells) {
    return !cells.across() && packs_of(plan.walk, cells.cell_inner) * cells.cell_outer <= std::int64_t(kept) * max_threads;
  }
  static void cut(CellWalk& cells) {
    constexpr std::int64_t elements = device_tuning.part_elements;
    const std::int64_t inner = std::min(cells.cell_inner, elements);
    cells.cut(cells.across() ? elements / 32 : std::max<std::int64_t>(1, std::min(cells.cell_outer, elements / inner)), inner);
  }

  template <class Plan>
  static void launch_fused(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells) {
    CellWalk whole = cells;
    whole.cut(cells.cell_outer, cells.cell_inner);
    launch_cells(exec, label, plan, finder, whole, nullptr);
  }
  template <class Plan>
  static void launch_ranges(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                            const CellWalk& cells, std::byte* workspace) {
    auto* to = reinterpret_cast<Range*>(workspace);
    launch_cells(exec, label + "::ranges", plan, finder, cells, to);
    Kokkos::parallel_for(label + "::scales", Policy(exec, league(cells.cells()), cells.parts() > warp ? threads : warp),
                         DeviceFindScales<Exec, Finder>{finder, cells, to});
  }

 private:
  static int league(std::int64_t teams) { return static_cast<int>(std::min(teams, device_tuning.largest_launch)); }

  template <int W>
  static DeviceCells<Exec, Element, Out, T, W> base(const SweepPlan<Element, Out, Inputs<T>>& plan, const CellWalk& cells) {
    const std::uint32_t vectors = plan.by_element ? 0 : Launch::template vectors_of<W>(plan.walk);
    const auto& leader = get<0>(plan.walk.out);
    return {plan.element,
            plan.walk,
            cells,
            Launch::template start_skew<W>(leader),
            Launch::template line_skew<W>(leader),
            vectors,
            vectors == Launch::all_operands};
  }
  template <class Plan>
  static void launch_cells(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, Range* to) {
    if (!cells.across())
      launch_along(exec, label, plan, finder, cells, to);
    else if (Launch::template is_aligned<lanes_width>(plan.walk))
      launch_across<lanes_width>(exec, label, plan, finder, cells, to);
    else
      launch_across<narrow_width>(exec, label, plan, finder, cells, to);
  }
  template <class Plan>
  static void launch_along(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, Range* to) {
    const std::int64_t packs = packs_of(plan.walk, cells.part_inner), in_cell = packs * cells.part_outer;
    const auto lanes_for = [&](std::int64_t each) {
      return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>((in_cell + each - 1) / each)));
    };
    const std::int64_t lanes = std::max(lanes_for(kept), std::min<std::int64_t>(4, lanes_for(1)));
    const bool by_team = lanes > warp;
    const int vector = static_cast<int>(std::min<std::int64_t>(lanes, warp));
    const int team = by_team ? static_cast<int>(std::min<std::int64_t>(lanes, to != nullptr ? threads : max_threads)) / warp
                             : threads / vector;
    const std::int64_t units = cells.cells() * (to != nullptr ? cells.parts() : 1);
    const auto launch = [&](auto whole) {
      Kokkos::parallel_for(label, Policy(exec, league(by_team ? units : (units + team - 1) / team), team, vector),
                           DeviceCellsAlong<Exec, Finder, Element, Out, T, pack_width, kept, decltype(whole)::value>{
                               base<pack_width>(plan, cells), finder, units, Divider(static_cast<std::uint32_t>(packs)),
                               by_team ? team * warp : vector, by_team, to});
    };
    if (is_whole(plan, cells))
      launch(std::true_type{});
    else
      launch(std::false_type{});
  }
  // Are all cells (or parts) of aligned packs and the same size?
  template <class Plan>
  static bool is_whole(const Plan& plan, const CellWalk& cells) {
    return !plan.by_element && Launch::template is_aligned<pack_width>(plan.walk) && cells.part_inner % pack_width == 0 &&
           cells.cell_inner % cells.part_inner == 0 && cells.n_inner % cells.cell_inner == 0;
  }
  template <int W, class Plan>
  static void launch_across(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                            const CellWalk& cells, Range* to) {
    const int columns = std::max(1, W > 1 ? device_tuning.across_bytes / device_tuning.access_bytes : warp);
    const std::int64_t tiles = (cells.n_inner + columns * W - 1) / (columns * W);
    const std::int64_t units = cells.cells_outer * tiles * (to != nullptr ? cells.parts() : 1);
    Policy policy(exec, league(units), threads, 1);
    policy.set_scratch_size(0, Kokkos::PerTeam(static_cast<int>(sizeof(Range)) * threads * W));
    Kokkos::parallel_for(label, policy, DeviceCellsAcross < Exec, Finder, Element, Out, T, W,
                         W == 1 ? 8 : 4 > {base<W>(plan, cells), finder, units, tiles, columns, to});
  }
};

}  // namespace KokkosQuant::Impl
