// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A sweep whose scales are found first. Fused: the threads that reduce a cell also quantize it, with its elements still at hand.
// In parts: for cells that are too large for that; their ranges are reduced in parts into the workspace, and the sweep follows.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "KokkosQuant_CellWalk.hpp"
#include "KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_RowSweep.hpp"
#include "backend/KokkosQuant_DeviceDynamicLaunch.hpp"
#include "backend/KokkosQuant_HostCells.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Finder, class Element, class Out, class In, bool Tiled>
class DynamicSweep {
  using Launch = std::conditional_t<host_space<Exec>, HostDynamicLaunch<Exec, Finder, Element, Out, In, Tiled>,
                                    DeviceDynamicLaunch<Exec, Finder, Element, Out, In, Tiled>>;

 public:
  template <class OutMatrices, class InMatrices>
  DynamicSweep(const Finder& finder, const Element& element, std::int64_t rows, std::int64_t columns, const Cells& cells,
               const OutMatrices& out, const InMatrices& in, Mapping hint)
      : sweep_(element, rows, columns, cells, out, in, hint), finder_(finder), cells_(cell_walk(sweep_.plan(), Tiled)) {
    if (rows_inside(rows, columns, out, in, hint)) finder_.transpose();
    fused_ = Launch::fits(sweep_.plan(), cells_);
    if (!fused_) Launch::cut(cells_);
  }

  Mapping mapping() const { return sweep_.mapping(); }
  int pack_width() const { return sweep_.pack_width(); }
  int reads() const { return fused_ && Launch::reads_once(sweep_.plan(), cells_) ? 1 : 2; }
  std::size_t workspace_size() const {
    return fused_ ? 0
                  : static_cast<std::size_t>(cells_.cells() * cells_.parts()) * sizeof(FiniteRange<typename Finder::compute>);
  }

  void launch(const Exec& exec, const std::string& label, std::byte* workspace) const {
    if (cells_.n_outer == 0 || cells_.n_inner == 0) return;
    if (fused_) return Launch::launch_fused(exec, label, sweep_.plan(), finder_, cells_);
    Launch::launch_ranges(exec, label, sweep_.plan(), finder_, cells_, workspace);
    sweep_.launch(exec, label);
  }

 private:
  RowSweep<Exec, Element, Out, In, Tiled> sweep_;
  Finder finder_;
  CellWalk cells_;
  bool fused_;
};

}  // namespace KokkosQuant::Impl
