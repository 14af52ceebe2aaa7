// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found and used on the host. Cells that fit the caches are reduced and quantized by one task, one after the other, so
// that x comes from memory once; larger ones are reduced in parts before all are quantized.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "../KokkosQuant_CellWalk.hpp"
#include "../KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_HostLaunch.hpp"
#include "KokkosQuant_HostRange.hpp"
#include "KokkosQuant_HostScales.hpp"

namespace KokkosQuant::Impl {

// Ranges of parts of cells, into the workspace.
template <class C, class T, bool Magnitude>
struct HostPartRanges {
  HostRanges<C, T, Magnitude> ranges;
  CellWalk cells;
  FiniteRange<C>* to;
  std::int64_t tiles;  // (across) of positions

  KOKKOSQUANT_HOST_TASK void operator()(const std::int64_t task) const {
    const std::int64_t parts = cells.parts();
    if (cells.across()) {
      const std::int64_t tile = task % tiles, po = task / tiles % parts, co = task / tiles / parts;
      auto r = cells.part(co, tile * ranges.tile, po, 0);
      r.n = std::min<std::int64_t>(ranges.tile, cells.n_inner - r.i0);
      const auto range = ranges.across(r);
      for (std::int64_t j = 0; j < r.n; ++j) to[(co * cells.cells_inner + r.i0 + j) * parts + po] = range[j];
    } else {
      const std::int64_t part = task % parts, cell = task / parts;
      to[task] = ranges.along(
          cells.part(cell / cells.cells_inner, cell % cells.cells_inner, part / cells.parts_inner, part % cells.parts_inner));
    }
  }
};
template <class Finder>
struct HostFindScales {
  using C = typename Finder::compute;
  Finder finder;
  CellWalk cells;
  const FiniteRange<C>* from;

  KOKKOSQUANT_HOST_TASK void operator()(const std::int64_t cell) const {
    FiniteRange<C> range = from[cell * cells.parts()];
    for (std::int64_t p = 1; p < cells.parts(); ++p) range.include(from[cell * cells.parts() + p]);
    finder.store(cell / cells.cells_inner, cell % cells.cells_inner, finder.find(range));
  }
};

// A task of whole cells: their scales (and statistics), and then the sweep's own task.
template <class Finder, class Sweep, class T, class Statistics>
struct HostDynamicSweep {
  using C = typename Finder::compute;
  HostRanges<C, T, Finder::by_magnitude> ranges;
  CellWalk cells;
  Finder finder;
  Sweep sweep;
  Statistics statistics;

  KOKKOSQUANT_HOST_TASK void operator()(const std::int64_t task) const {
    const std::int64_t o0 = task / sweep.inner_tasks * sweep.task_outer, o1 = std::min(o0 + sweep.task_outer, cells.n_outer);
    const std::int64_t i0 = task % sweep.inner_tasks * sweep.task_inner, i1 = std::min(i0 + sweep.task_inner, cells.n_inner);
    if (cells.across())
      across(o0, o1, i0, i1);
    else
      along(o0, o1, i0, i1);
    sweep(task);
  }

 private:
  KOKKOSQUANT_HOST_INLINE void across(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t i1) const {
    for (std::int64_t o = o0; o < o1; o += cells.cell_outer) {
      const std::int64_t co = o / cells.cell_outer, end = std::min(o + cells.cell_outer, o1);
      for (std::int64_t i = i0; i < i1; i += ranges.tile) {
        const std::int64_t n = std::min<std::int64_t>(ranges.tile, i1 - i);
        const auto range = ranges.across({o, end, i, n});
        for (std::int64_t j = 0; j < n; ++j) finder.store(co, i + j, finder.find(range[j]));
        for (std::int64_t j = 0; j < n; ++j) statistics.whole_cell(co, i + j);
      }
    }
  }
  // Ranges of several cells before their scales: neither's chain of operations then waits for the other's.
  KOKKOSQUANT_HOST_INLINE void along(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t i1) const {
    using Scales = HostScales<Finder>;
    Scales scales;
    HostRangesOf16<C, T, Finder::by_magnitude> of_cells(ranges);
    std::int64_t outer[Scales::most] = {}, inner[Scales::most] = {};  // (nvcc warns of the lambda below)
    int n = 0;
    const auto find_scales = [&] {
      of_cells.finish(n, [&](int c) { return cells.cell(outer[c], inner[c]); });
      scales.find(finder, of_cells, n);
      for (int c = 0; c < n; ++c) finder.store(outer[c], inner[c], scales.found[c]);
      for (int c = 0; c < n; ++c) statistics.whole_cell(outer[c], inner[c]);
      n = 0;
    };
    for (std::int64_t co = o0 / cells.cell_outer; co * cells.cell_outer < o1; ++co)
      for (std::int64_t ci = i0 / cells.cell_inner; ci * cells.cell_inner < i1; ++ci) {
        of_cells.look(n, cells.cell(co, ci));
        outer[n] = co;
        inner[n] = ci;
        if (++n == Scales::most) find_scales();
      }
    find_scales();
  }
};

template <class Exec, class Finder, class Element, class Out, class In, bool Tiled>
struct HostDynamicLaunch;
template <class Exec, class Finder, class Element, class Out, class T, bool Tiled>
struct HostDynamicLaunch<Exec, Finder, Element, Out, Inputs<T>, Tiled> {
  using C = typename Finder::compute;
  using Launch = HostLaunch<Exec, Element, Out, Inputs<T>, Tiled, true>;
  using Range = FiniteRange<C>;

  // Does a task hold whole cells?
  template <class Plan>
  static bool fits(const Plan&, const CellWalk& cells) {
    const std::int64_t cell = cells.cell_outer * cells.cell_inner * (cells.across() ? cache_line : 1);
    return cell <= host_tuning.cached_elements;
  }
  template <class Plan>
  static bool reads_once(const Plan&, const CellWalk&) {
    return true;
  }
  template <class Plan>
  static void cut(const Plan&, CellWalk& cells) {
    const std::int64_t inner = std::min(cells.cell_inner, 4 * host_tuning.task_elements);
    cells.cut(cells.across() ? host_tuning.task_elements / 16
                             : std::max<std::int64_t>(1, std::min(cells.cell_outer, 4 * host_tuning.task_elements / inner)),
              inner);
  }
  static std::int64_t tiles(const CellWalk& cells) {
    return cells.across() ? (cells.n_inner + host_tuning.cell_positions - 1) / host_tuning.cell_positions : 1;
  }

  template <class Plan, class Statistics>
  static void launch_fused(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                           const CellWalk& cells, const Statistics& statistics) {
    auto sweep = Launch::sweep_of(plan);
    const std::int64_t elements = host_tuning.task_elements;
    const auto whole = [](std::int64_t n, std::int64_t unit) { return std::max(n / unit, std::int64_t(1)) * unit; };
    if (cells.across()) {
      sweep.task_outer = cells.cell_outer;
      sweep.task_inner = whole(std::min<std::int64_t>(elements / cells.cell_outer, host_tuning.tile_positions), cache_line);
    } else {
      const std::int64_t longest = plan.lanes_differ ? host_tuning.tile_positions : 4 * elements;
      sweep.task_inner =
          cells.n_inner <= longest ? cells.n_inner : whole(longest, 8 * cells.cell_inner);  // whole bytes of codes
      sweep.task_outer = whole(elements / std::min(sweep.task_inner, cells.n_inner), cells.cell_outer);
    }
    Launch::launch_sweep(exec, label, plan, sweep, cells.cell_outer, [&](typename Launch::Sweep tasks) {
      // A task reads x from memory and then from the caches: in this second part the next task's is fetched, if there is room.
      if (tasks.task_outer * tasks.task_inner <= 4 * elements)
        tasks.ahead = tasks.inner_tasks > 1 ? tasks.task_inner : tasks.task_outer * plan.walk.in.head.outer;
      return HostDynamicSweep<Finder, typename Launch::Sweep, T, Statistics>{
          {plan.walk.in.head}, cells, finder, tasks, statistics};
    });
  }
  // (the sweep of fused tasks, which is compiled once)
  template <class Plan>
  static void launch_sweep(const Exec& exec, const std::string& label, const Plan& plan) {
    Launch::launch(exec, label, plan);
  }
  template <class Plan>
  static void launch_ranges(const Exec& exec, const std::string& label, const Plan& plan, const Finder& finder,
                            const CellWalk& cells, std::byte* workspace) {
    auto* to = reinterpret_cast<Range*>(workspace);
    const std::int64_t n_tiles = tiles(cells), units = cells.across() ? cells.cells_outer * n_tiles : cells.cells();
    using Policy = Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>;
    Kokkos::parallel_for(label + "::ranges", Policy(exec, 0, units * cells.parts()),
                         HostPartRanges<C, T, Finder::by_magnitude>{{plan.walk.in.head}, cells, to, n_tiles});
    Kokkos::parallel_for(label + "::scales", Policy(exec, 0, cells.cells()), HostFindScales<Finder>{finder, cells, to});
  }
};

}  // namespace KokkosQuant::Impl
