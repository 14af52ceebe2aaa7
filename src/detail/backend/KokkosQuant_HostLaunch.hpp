// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches on the host's execution spaces: one parallel_for over tasks.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>

#include "../KokkosQuant_SweepPlan.hpp"
#include "KokkosQuant_HostSweep.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Element, class Out, class In, bool Tiled, bool Ahead = false>
struct HostLaunch {
  using Sweep = HostSweep<Element, Out, In, Tiled, Ahead>;
  static constexpr int pack_width = Sweep::native_width;

  // Are cells taken in turn, rather than each lane with constants of its own? That pays where cells are short and many lines share them.
  template <class Plan>
  static bool fits_pieces(const Plan& plan) {
    return plan.cells.inner >= 8 || (plan.cells.inner >= 2 && plan.cells.outer <= 16);
  }
  template <class Plan>
  static bool fits_packs(const Plan&) {
    return true;
  }

  template <class Plan>
  static bool has_gaps(const Plan& plan) {
    const auto& walk = plan.walk;
    return !plan.contiguous || !all_of(walk, [&](const auto& lines) {
      return walk.n_outer == 1 || (walk.n_inner % lines.per == 0 && lines.outer == walk.n_inner / lines.per);
    });
  }
  // Lines without gaps between them, of whole cells.
  template <class Plan>
  static bool is_dense(const Plan& plan) {
    return !plan.lanes_differ && (!Tiled || plan.walk.n_inner % plan.cells.inner == 0) && !has_gaps(plan);
  }
  template <class Plan>
  static bool goes_one_by_one(const Plan& plan) {
    const std::int64_t bytes = plan.walk.n_inner * static_cast<std::int64_t>(sizeof(typename Sweep::C));
    return bytes >= host_tuning.least_line_alone && bytes <= host_tuning.longest_line_alone && !has_gaps(plan);
  }
  // Short lines of a constant a position, without gaps between them: a few of them, in whole cache lines, are a line that blocks fill.
  template <class Plan>
  static std::int64_t folded_lines(const Plan& plan) {
    const std::int64_t n = plan.walk.n_inner, unit = cache_line / std::gcd<std::int64_t>(cache_line, n);
    if (Tiled || !plan.lanes_differ || n >= Sweep::native_size || unit * n > host_tuning.tile_positions || has_gaps(plan))
      return 0;
    return std::max<std::int64_t>(1, host_tuning.folded_positions / (unit * n)) * unit;
  }
  // Cells without gaps: do their scales follow each other in the same order?
  template <class Plan>
  static bool cells_follow(const Plan& plan) {
    Element element = plan.element;
    if constexpr (Tiled)
      return plan.cells.outer == 1 && is_dense(plan) &&
             element.split_lines(plan.walk.n_outer, plan.walk.n_inner / plan.cells.inner);
    else
      return false;
  }
  // The output is large, and no input: what is there is neither read before nor soon after.
  template <class Plan>
  static bool is_streaming(const Plan& plan) {
    const auto& out = get<0>(plan.walk.out);
    int same = 0;
    all_of(plan.walk, [&](const auto& lines) {
      same += static_cast<const void*>(lines.data) == static_cast<const void*>(out.data);
      return true;
    });
    const std::int64_t bytes = plan.walk.n_outer * plan.walk.n_inner / out.per * static_cast<std::int64_t>(sizeof(*out.data));
    return plan.contiguous && same == 1 && bytes >= host_tuning.streaming_bytes;
  }

  template <class Plan>
  static Sweep sweep_of(const Plan& plan) {
    return {{plan.element, plan.walk, plan.contiguous, is_streaming(plan)},
            is_dense(plan),
            plan.by_element,
            plan.lanes_differ,
            plan.lanes_differ && goes_one_by_one(plan),
            cells_follow(plan),
            folded_lines(plan),
            plan.cells.outer,
            plan.cells.inner,
            1,
            plan.walk.n_inner,
            1};
  }
  template <class Plan>
  static void launch(const Exec& exec, const std::string& label, const Plan& plan) {
    constexpr HostTuning t = host_tuning;
    const std::int64_t n_inner = plan.walk.n_inner;
    const std::int64_t share = plan.walk.n_outer * n_inner / (t.tasks_a_thread * std::max<std::int64_t>(1, exec.concurrency()));
    const std::int64_t task_elements = std::clamp(share, t.task_elements, t.large_task_elements);
    Sweep sweep = sweep_of(plan);
    if constexpr (Ahead)
      if (!plan.lanes_differ) sweep.ahead = t.large_input_ahead / static_cast<std::int64_t>(sizeof(*plan.walk.in.head.data));
    if (sweep.folded > 0) {
      sweep.task_inner = n_inner;
      sweep.task_outer = std::max<std::int64_t>(1, 4 * task_elements / (sweep.folded * n_inner)) * sweep.folded;
    } else if (plan.lanes_differ) {
      sweep.task_inner = std::min<std::int64_t>(n_inner, plan.contiguous ? t.tile_positions : t.strided_tile);
      sweep.task_outer = std::max(t.tile_lines, task_elements / sweep.task_inner);
    } else {
      sweep.task_inner = std::min(n_inner, plan.contiguous ? 4 * task_elements : t.strided_tile);
      sweep.task_outer = std::max<std::int64_t>(1, task_elements / sweep.task_inner);
    }
    launch_sweep(exec, label, plan, sweep, 1, [](const Sweep& tasks) { return tasks; });
  }
  // functor_of(sweep) is launched, over the sweep's tasks, which are multiples of unit_outer lines.
  template <class Plan, class FunctorOf>
  static void launch_sweep(const Exec& exec, const std::string& label, const Plan& plan, Sweep sweep, std::int64_t unit_outer,
                           const FunctorOf& functor_of) {
    if (sweep.dense && sweep.streaming && !plan.lanes_differ) {  // whole cache lines
      const std::int64_t lines = std::lcm(unit_outer, cache_line / std::gcd<std::int64_t>(cache_line, plan.walk.n_inner));
      sweep.task_outer = (sweep.task_outer + lines - 1) / lines * lines;
    }
    sweep.inner_tasks = (plan.walk.n_inner + sweep.task_inner - 1) / sweep.task_inner;
    const std::int64_t outer_tasks = (plan.walk.n_outer + sweep.task_outer - 1) / sweep.task_outer;
    Kokkos::parallel_for(label,
                         Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, outer_tasks * sweep.inner_tasks),
                         functor_of(sweep));
  }
};

}  // namespace KokkosQuant::Impl
