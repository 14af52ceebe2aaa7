// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A sweep whose scales are found first. Fused: the threads that reduce a cell also quantize it, with its elements still at hand.
// In parts: for cells that are too large for that; their ranges are reduced in parts into the workspace, and the sweep follows.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "KokkosQuant_CellStatistics.hpp"
#include "KokkosQuant_CellWalk.hpp"
#include "KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_RowSweep.hpp"
#include "backend/KokkosQuant_DeviceDynamicLaunch.hpp"
#include "backend/KokkosQuant_HostCells.hpp"

namespace KokkosQuant::Impl {

// Statistics: those of the cells, or none. A fused task of the host finds them while x is at hand; elsewhere launches of their own
// read x once more.
template <class Exec, class Finder, class Element, class Out, class In, bool Tiled, class Statistics = NoCellStatistics>
class DynamicSweep {
  static constexpr bool has_statistics = !std::is_same_v<Statistics, NoCellStatistics>;
  static constexpr bool on_host = host_space<Exec> && !device_walk_on_host;
  using Launch = std::conditional_t<on_host, HostDynamicLaunch<Exec, Finder, Element, Out, In, Tiled>,
                                    DeviceDynamicLaunch<Exec, Finder, Element, Out, In, Tiled>>;

 public:
  template <class OutMatrices, class InMatrices>
  DynamicSweep(const Finder& finder, const Element& element, std::int64_t rows, std::int64_t columns, const Cells& cells,
               const OutMatrices& out, const InMatrices& in, Mapping hint, const Statistics& statistics = {})
      : sweep_(element, rows, columns, cells, out, in, hint),
        finder_(finder),
        cells_(cell_walk(sweep_.plan(), Tiled)),
        statistics_(statistics) {
    if (rows_inside(rows, columns, out, in, hint)) {
      finder_.transpose();
      statistics_.transpose();
    }
    fused_ = Launch::fits(sweep_.plan(), cells_);
    if (!fused_) Launch::cut(sweep_.plan(), cells_);
  }

  Mapping mapping() const { return sweep_.mapping(); }
  int pack_width() const { return sweep_.pack_width(); }
  int reads() const { return (fused_ && Launch::reads_once(sweep_.plan(), cells_) ? 1 : 2) + (reads_for_statistics() ? 1 : 0); }
  std::size_t workspace_size() const {
    std::size_t bytes =
        fused_ ? 0 : static_cast<std::size_t>(cells_.cells() * cells_.parts()) * sizeof(FiniteRange<typename Finder::compute>);
    if constexpr (has_statistics)
      if (reads_for_statistics()) bytes = std::max(bytes, statistics_.workspace_size());  // one after the other
    return bytes;
  }

  void launch(const Exec& exec, const std::string& label, std::byte* workspace) const {
    if (cells_.n_outer == 0 || cells_.n_inner == 0) return;
    if (fused_) {
      launch_fused(exec, label);
    } else {
      Launch::launch_ranges(exec, label, sweep_.plan(), finder_, cells_, workspace);
      if constexpr (on_host)
        Launch::launch_sweep(exec, label, sweep_.plan());
      else
        sweep_.launch(exec, label);
    }
    if constexpr (has_statistics)
      if (reads_for_statistics()) statistics_.launch(exec, label + "::statistics", workspace);
  }

 private:
  bool reads_for_statistics() const { return has_statistics && !(fused_ && on_host); }
  void launch_fused(const Exec& exec, const std::string& label) const {
    if constexpr (on_host)
      Launch::launch_fused(exec, label, sweep_.plan(), finder_, cells_, statistics_);
    else
      Launch::launch_fused(exec, label, sweep_.plan(), finder_, cells_);
  }

  RowSweep<Exec, Element, Out, In, Tiled> sweep_;
  Finder finder_;
  CellWalk cells_;
  Statistics statistics_;
  bool fused_;
};

}  // namespace KokkosQuant::Impl
