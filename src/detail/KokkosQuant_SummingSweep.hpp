// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk of an op that computes an array and sums over each cell, in one pass. An Element is that of
// KokkosQuant_RowSweep.hpp, with
//   sums                               how many sums a cell has
//   apply(constants, out&, term[], in...), apply_any(...): what each of them takes of an element
//   apply_together(...): the same of arrays of packs (host)
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <string>
#include <type_traits>

#include "KokkosQuant_KokkosCompat.hpp"
#include "KokkosQuant_SumLevels.hpp"
#include "KokkosQuant_SweepPlan.hpp"
#include "backend/KokkosQuant_DeviceSumSweep.hpp"
#include "backend/KokkosQuant_HostSumSweep.hpp"

namespace KokkosQuant::Impl {

// T: of the arrays, one output and two inputs. S: of the cells' sums.
template <class Exec, class Granularity, class Element, class T, class S>
class SummingSweep {
  static_assert(std::is_trivially_copyable_v<Element>);
  static constexpr bool by_columns = std::is_same_v<Granularity, PerChannel>;
  static constexpr bool one_cell = std::is_same_v<Granularity, PerTensor>;
  using Sum = sum_of<typename Element::compute>;
  using Levels = SumLevels<Exec, Sum, S, Element::sums>;
  using Sink = typename Levels::Sink;
  using Walk = Operands<Outputs<T>, Inputs<T, T>>;
  using Launch = std::conditional_t<host_space<Exec> && !device_walk_on_host, HostSumLaunch<Exec, Element, T, Sink>,
                                    DeviceSumLaunch<Exec, Element, T, Sink>>;

 public:
  // cells: where the sums go, without a sink's first two members
  SummingSweep(Element element, std::int64_t rows, std::int64_t columns, const Matrix<T>& out, const Matrix<const T>& in_0,
               const Matrix<const T>& in_1, const Sink& cells, Mapping hint)
      : plan_{element, turned(by_columns, rows, columns, make_tuple(out), make_tuple(in_0, in_1)), Mapping::elements},
        levels_(0, 0, one_cell, cells) {
    Walk& walk = plan_.walk;
    if constexpr (by_columns) plan_.element.transpose();
    if (one_cell && (rows == 0 || columns == 0)) walk.n_outer = 1, walk.n_inner = 0;
    levels_ = Levels(walk.n_outer, walk.n_inner, one_cell, cells);
    const bool along = all_of(walk, [](const auto& lines) { return lines.inner == 1; });
    const bool across = all_of(walk, [](const auto& lines) { return lines.outer == 1; });
    const bool prefers_across = hint == Mapping::packs_of_tokens || (hint != Mapping::packs && walk.n_inner < sum_lanes);
    if (hint != Mapping::elements && (along || across))
      plan_.mapping = across && (!along || (prefers_across && walk.n_outer > 1)) ? Mapping::packs_of_tokens : Mapping::packs;
    if (!Launch::fits(plan_)) plan_.mapping = Mapping::elements;
  }

  Mapping mapping() const { return plan_.mapping; }
  int pack_width() const { return Launch::pack_width(plan_); }
  std::size_t workspace_size() const { return levels_.workspace_size(); }

  // Asynchronous on exec; neither allocates nor fences.
  void launch(const Exec& exec, const std::string& label, void* workspace) const {
    if (plan_.walk.n_outer == 0) return;
    Launch::launch(exec, label, plan_, levels_.segments(), levels_.first_sink(workspace));
    levels_.launch_rest(exec, label, workspace);
  }

 private:
  SumsPlan<Element, T> plan_;
  Levels levels_;
};

}  // namespace KokkosQuant::Impl
