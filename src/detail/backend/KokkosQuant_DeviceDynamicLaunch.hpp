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
#include "KokkosQuant_DeviceHeldLaunch.hpp"
#include "KokkosQuant_DeviceLaunch.hpp"
#include "KokkosQuant_DeviceTogetherLaunch.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Finder, class Element, class Out, class In, bool Tiled>
struct DeviceDynamicLaunch;
template <class Exec, class Finder, class Element, class Out, class T, bool Tiled>
struct DeviceDynamicLaunch<Exec, Finder, Element, Out, Inputs<T>, Tiled> {
  using Launch = DeviceLaunch<Exec, Element, Out, Inputs<T>, Tiled>;
  using Walk = typename Launch::Walk;
  using Range = FiniteRange<typename Finder::compute>;
  static constexpr int max_threads = device_tuning.largest_team;
  template <int Threads, int AtOnce>
  using Policy = Kokkos::TeamPolicy<Exec, Kokkos::LaunchBounds<Threads, AtOnce>>;
  static constexpr int pack_width = Launch::pack_width, short_width = Launch::short_width, lanes_width = Launch::lanes_width;
  static constexpr int threads = device_walk_on_host ? 1 : device_tuning.team_threads, warp = 32;

  template <class>
  struct widest_code;
  template <class... O>
  struct widest_code<Outputs<O...>> {
    static constexpr int value = std::max({static_cast<int>(elements_per<O>)...});
  };
  static constexpr int narrow_width = widest_code<Out>::value;  // positions that any place allows
  using Held = DeviceHeldLaunch<Exec, Finder, Element, Out, T, Launch, narrow_width>;
  using Together = DeviceTogetherLaunch<Exec, Finder, Element, Out, T, Launch>;

  // How the packs of cells along lines are moved, and how wide they are: as wide as the array allows.
  struct Packs {
    Access access;
    int width;
    // that a thread has at once
    constexpr int held() const {
      const int elements = access == Access::elements ? device_tuning.kept_elements : device_tuning.kept_bytes / int{sizeof(T)};
      return std::max(1, elements / width);
    }
    // of a line, at most
    std::int64_t of(std::int64_t elements) const {
      return divide_up(elements + (access == Access::skewed ? width - 1 : 0), width);
    }
  };
  static constexpr int middle_width = short_width < pack_width ? short_width : std::max(narrow_width, pack_width / 4);
  static constexpr Packs wide{Access::whole, pack_width}, middle{Access::whole, middle_width},
      skewed{Access::skewed, pack_width}, elements{Access::elements, narrow_width};
  static constexpr bool has_middle = middle_width > narrow_width, has_skewed = !Walk::has_packed && pack_width > 1;
  // Calls f with one of these.
  template <class F>
  static auto with_packs(const SweepPlan<Element, Out, Inputs<T>>& plan, const CellWalk& cells, const F& f) {
    if (!plan.by_element) {
      if (is_whole<pack_width>(plan.walk, cells)) return f(constant<0>{});
      if constexpr (has_middle)
        if (is_whole<middle_width>(plan.walk, cells)) return f(constant<1>{});
      if constexpr (has_skewed)
        if (Launch::template vectors_of<pack_width>(plan.walk) == Launch::all_operands && cells.part_inner >= 2 * pack_width)
          return f(constant<2>{});
    }
    return f(constant<3>{});
  }
  template <int Which>
  using constant = std::integral_constant<int, Which>;
  static constexpr Packs packs_of(int which) {
    return which == 0 ? wide : which == 1 ? middle : which == 2 ? skewed : elements;
  }
  template <int W>
  static bool is_whole(const Walk& walk, const CellWalk& cells) {
    const auto divides = [](std::int64_t cell, std::int64_t n) { return cell >= n || cell % W == 0; };
    return Launch::template is_aligned<W>(walk) && walk.n_inner % W == 0 && divides(cells.cell_inner, walk.n_inner) &&
           divides(cells.part_inner, cells.cell_inner);
  }
  // Can the threads of a team have a cell? Packed codes of a byte belong to one.
  template <class Plan>
  static bool fits(const Plan& plan, const CellWalk& cells) {
    if (Walk::has_packed && !cells.across() && cells.cells_inner > 1 && cells.cell_inner % short_width != 0) return false;
    if (Walk::has_packed && cells.across() && !Launch::template is_aligned<lanes_width>(plan.walk)) return false;
    return (Launch::is_near(plan.walk) || cells.across() || cells.cell_outer == 1) &&
           cells.cell_outer * cells.cell_inner <= device_tuning.team_elements;
  }
  // Do they hold it in registers?
  template <class Plan>
  static bool reads_once(const Plan& plan, const CellWalk& cells) {
    if (Together::fits(plan, cells)) return true;
    if (cells.across()) {
      bool holds = false;
      Held::with_tile(plan, cells, [&](auto, const auto& tile) { holds = tile.holds(cells.cell_outer); });
      return holds;
    }
    CellWalk whole = cells;
    whole.cut(cells.cell_outer, cells.cell_inner);
    return with_packs(plan, whole, [&](auto which) {
      constexpr Packs packs = packs_of(which);
      return packs.of(cells.cell_inner) * cells.cell_outer <= std::int64_t(packs.held()) * max_threads;
    });
  }
  template <class Plan>
  static void cut(const Plan& plan, CellWalk& cells) {
    constexpr std::int64_t elements = device_tuning.part_elements;
    const std::int64_t inner = std::min(cells.cell_inner, elements);
    if (cells.across())
      cells.cut(elements / 32, inner);
    else
      cells.cut(Launch::is_near(plan.walk) ? std::max<std::int64_t>(1, std::min(cells.cell_outer, elements / inner)) : 1,
                inner);
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
    Kokkos::parallel_for(
        label + "::scales",
        Policy<threads, 1>(exec, league(cells.cells()), cells.parts() > warp ? threads : std::min(threads, warp)),
        DeviceFindScales<Exec, Finder>{finder, cells, to});
  }

 private:
  static int league(std::int64_t teams) { return static_cast<int>(std::min(teams, device_tuning.largest_launch)); }

  template <int W>
  static DeviceCells<Exec, Element, Out, T, W> base(const SweepPlan<Element, Out, Inputs<T>>& plan, const CellWalk& cells) {
    const std::uint32_t vectors = plan.by_element ? 0 : Launch::template vectors_of<W>(plan.walk);
    return {plan.element, plan.walk, cells, vectors, vectors == Launch::all_operands};
  }
  template <class Plan>
  static void launch_cells(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, Range* to) {
    if (to == nullptr && Together::fits(plan, cells))
      Together::launch(exec, label, plan, finder, cells);
    else if (!cells.across())
      launch_along(exec, label, plan, finder, cells, to);
    else if (to == nullptr && Held::launch(exec, label, plan, finder, cells))
      return;
    else if (Launch::template is_aligned<lanes_width>(plan.walk))
      launch_across<lanes_width>(exec, label, plan, finder, cells, to);
    else
      launch_across<narrow_width>(exec, label, plan, finder, cells, to);
  }
  template <class Plan>
  static void launch_along(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, Range* to) {
    with_packs(plan, cells, [&](auto which) {
      constexpr Packs packs = packs_of(which);
      const std::int64_t in_unit = packs.of(cells.part_inner) * cells.part_outer;
      const auto threads_for = [&](std::int64_t each) {
        return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(divide_up(in_unit, each))));
      };
      const std::int64_t enough =
          std::max(threads_for(packs.held()), std::min<std::int64_t>(device_tuning.least_group, threads_for(1)));
      const std::int64_t lanes = device_walk_on_host ? 1 : enough;
      const std::int64_t most = to != nullptr ? threads : max_threads;
      if (lanes > warp)
        launch_units<which, DeviceTeam<Exec>>(exec, label, plan, finder, cells, to, std::min(lanes, most));
      else
        launch_units<which, DeviceLanes<Exec>>(exec, label, plan, finder, cells, to, lanes);
    });
  }
  // A launch has so many lines of cells as 32 bits can count; where lines are far apart one line, and of a cell that has more lines
  // than that whole parts.
  template <int Which, class Group, class Plan>
  static void launch_units(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, Range* to, std::int64_t lanes) {
    constexpr std::int64_t most = device_tuning.largest_launch;
    const std::int64_t parts = to != nullptr ? cells.parts() : 1;
    if ((!Launch::is_near(plan.walk) && cells.n_outer > 1) || cells.cell_outer > most) {
      const std::int64_t lines = Launch::is_near(plan.walk) ? most / cells.part_outer * cells.part_outer : 1;
      for (std::int64_t o = 0, end; o < cells.n_outer; o = end) {
        const std::int64_t co = o / cells.cell_outer, in_cell = o - co * cells.cell_outer;
        end = std::min({o + lines, (co + 1) * cells.cell_outer, cells.n_outer});
        CellWalk some = cells;
        some.cell_outer = end - o;
        some.cells_outer = 1;
        some.parts_outer = divide_up(some.cell_outer, cells.part_outer);
        const std::int64_t first = co * cells.cells_inner * parts + in_cell / cells.part_outer * cells.parts_inner;
        Range* const of_some = to == nullptr ? nullptr : to + first;
        launch_lines<Which, Group>(exec, label, plan, finder, some, of_some, parts, lanes, o, end, co, 0);
      }
      return;
    }
    const std::int64_t inner = std::min(cells.cells_inner, std::max<std::int64_t>(1, most / parts));
    const std::int64_t outer = std::max<std::int64_t>(1, std::min(most / cells.cell_outer, most / (inner * parts)));
    for (std::int64_t co = 0; co < cells.cells_outer; co += outer)
      for (std::int64_t ci = 0; ci < cells.cells_inner; ci += inner) {
        CellWalk some = cells;
        some.cells_inner = std::min(inner, cells.cells_inner - ci);
        some.cells_outer = std::min(outer, cells.cells_outer - co);
        Range* const of_some = to == nullptr ? nullptr : to + (co * cells.cells_inner + ci) * parts;
        launch_lines<Which, Group>(exec, label, plan, finder, some, of_some, parts, lanes, co * cells.cell_outer,
                                   std::min((co + some.cells_outer) * cells.cell_outer, cells.n_outer), co, ci);
      }
  }
  // Cells from (co, ci) on, of lines o to end.
  template <int Which, class Group, class Plan>
  static void launch_lines(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, Range* to, std::int64_t to_stride, std::int64_t lanes, std::int64_t o,
                           std::int64_t end, std::int64_t co, std::int64_t ci) {
    constexpr Packs packs = packs_of(Which);
    constexpr int W = packs.width;
    const std::int64_t units = cells.cells() * (to != nullptr ? cells.parts() : 1);
    const int vector = static_cast<int>(std::min<std::int64_t>(lanes, warp));
    const int team = Group::is_team ? static_cast<int>(lanes) / warp : threads / vector;
    // Whole packs of one access leave registers for one team more.
    constexpr bool one_access =
        packs.access == Access::whole && W == pack_width && W * int{sizeof(T)} <= device_tuning.access_bytes;
    constexpr int more = one_access && sizeof(T) <= (Group::is_team ? 2 : 4) ? 1 : 0;
    using Bounded = std::conditional_t<Group::is_team, Policy<max_threads, device_tuning.teams_at_once + more>,
                                       Policy<threads, device_tuning.teams_of_groups_at_once + more>>;
    Bounded policy(exec, league(Group::is_team ? units : divide_up(units, team)), team, vector);
    if constexpr (Group::is_team) policy.set_scratch_size(0, Kokkos::PerTeam(Group::scratch_bytes(team)));
    Walk walk = plan.walk;
    walk.move(o, ci * cells.cell_inner);
    walk.n_outer = end - o;
    walk.n_inner -= ci * cells.cell_inner;
    Finder moved = finder;
    moved.move(co, ci);
    const auto narrow = [](std::int64_t n) { return static_cast<std::uint32_t>(n); };
    const DeviceCellsAlong<Exec, Finder, Element, Out, T, W, packs.held(), packs.access, Group> functor{
        plan.element,
        walk,
        moved,
        narrow(units),
        Divider(narrow(cells.cells_inner)),
        narrow(cells.cell_outer),
        narrow(cells.part_outer),
        cells.cell_inner,
        cells.part_inner,
        Divider(narrow(cells.parts())),
        Divider(narrow(cells.parts_inner)),
        Divider(narrow(packs.of(cells.part_inner))),
        Launch::template start_skew<W>(get<0>(walk.out)),
        Launch::template line_skew<W>(get<0>(walk.out)),
        narrow(lanes),
        to,
        to_stride};
    static_assert(sizeof(functor) < 512, "larger functors go through constant memory, with a wait");
    Kokkos::parallel_for(label, policy, functor);
  }
  template <int W, class Plan>
  static void launch_across(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                            const CellWalk& cells, Range* to) {
    const int columns = std::min(threads, W > 1 ? device_tuning.across_bytes / device_tuning.access_bytes : warp);
    const std::int64_t tiles = (cells.n_inner + columns * W - 1) / (columns * W);
    const std::int64_t units = cells.cells_outer * tiles * (to != nullptr ? cells.parts() : 1);
    Policy<threads, device_tuning.teams_across_at_once> policy(exec, league(units), threads, 1);
    policy.set_scratch_size(0, Kokkos::PerTeam(static_cast<int>(sizeof(Range)) * threads * W));
    Kokkos::parallel_for(label, policy, DeviceCellsAcross < Exec, Finder, Element, Out, T, W,
                         W == 1 ? 8 : 4 > {base<W>(plan, cells), finder, units, tiles, columns, to});
  }
};

}  // namespace KokkosQuant::Impl
