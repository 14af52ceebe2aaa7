// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Blocks of whole packs on a device: a thread takes packs below each other, of one block. Where they are, and the block's constants, are
// computed once for all of them.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>

#include "../KokkosQuant_SweepPlan.hpp"
#include "KokkosQuant_DeviceAlignment.hpp"
#include "KokkosQuant_DeviceSweep.hpp"

namespace KokkosQuant::Impl {

template <class Element, class Out, class In>
struct DeviceBlocks : DeviceWalk<Element, Out, In, true> {
  using Alignment = DeviceAlignment<Out, In, true>;
  static constexpr int W = Alignment::pack_width, lines = Alignment::template packs_a_thread<W>;
  using PackOf = DevicePack<Element, Out, In, W>;

  KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
    const auto t = static_cast<std::uint32_t>(thread);
    const std::uint32_t stretch = this->packs.quotient(t), first = stretch * lines;
    const auto i = static_cast<std::int32_t>((t - stretch * this->packs.divisor) * W);
    const std::uint32_t behind = static_cast<std::uint32_t>(this->walk.n_outer) - first;
    PackOf pack[lines];
    KOKKOSQUANT_UNROLL
    for (std::uint32_t u = 0; u < lines; ++u) pack[u].load(this->walk, first + (u < behind ? u : 0), i);
    const auto cell = this->cell_data(first, i);
    const auto k = this->element.quick_constants(cell);
    std::uint32_t left = 0;
    KOKKOSQUANT_UNROLL
    for (std::uint32_t u = 0; u < lines; ++u) {
      pack[u].settle();
      if (u >= behind) break;
      if (pack[u].compute(this->element, OneForAll<std::remove_const_t<decltype(k)>>{k}, k.quick))
        pack[u].store(this->walk, first + u, i);
      else
        left |= 1u << u;
    }
    // (behind the others, so that what it needs costs these no registers)
    KOKKOSQUANT_NO_UNROLL
    for (std::uint32_t o = first; left != 0; ++o, left >>= 1)
      if ((left & 1u) != 0) run_any(o, i, cell);
  }
  template <class Cell>
  KOKKOS_INLINE_FUNCTION void run_any(std::uint32_t o, std::int32_t i, const Cell& cell) const {
    PackOf pack;
    pack.load(this->walk, o, i);
    const auto k = this->element.constants(cell);
    pack.compute_any(this->element, typename PackOf::Part{0, W, PackOf::all_vectors}, [&](int) { return k; });
    pack.store(this->walk, o, i);
  }
};

template <class Exec, class Element, class Out, class In>
struct DeviceBlockLaunch {
  using Blocks = DeviceBlocks<Element, Out, In>;
  using Alignment = typename Blocks::Alignment;
  static constexpr int W = Blocks::W;

  // Have blocks whole packs, and as many lines as threads take whole numbers of?
  template <class Plan>
  static bool fits(const Plan& plan) {
    const Cells& cells = plan.cells;
    return Alignment::is_near(plan.walk) && !plan.lanes_differ && !plan.by_element && cells.outer % Blocks::lines == 0 &&
           cells.inner % W == 0 && plan.walk.n_inner % W == 0 && Alignment::template is_aligned<W>(plan.walk) &&
           plan.walk.n_inner <= device_tuning.largest_launch &&
           lines_a_launch(plan) >= std::min(cells.outer, plan.walk.n_outer);
  }
  template <class Plan>
  static void launch(const Exec& exec, const std::string& label, const Plan& plan) {
    const std::int64_t packs = plan.walk.n_inner / W, lines = plan.walk.n_outer, cell = std::min(plan.cells.outer, lines);
    const std::int64_t most = lines_a_launch(plan) / cell * cell;
    for (std::int64_t o = 0; o < lines; o += most) {
      auto walk = plan.walk;
      Element element = plan.element;
      walk.move(o, 0);
      element.move(o / plan.cells.outer, 0);
      walk.n_outer = std::min(most, lines - o);
      const Blocks blocks{
          {element, walk, divider(packs), divider(1), divider(cell), divider(std::min(plan.cells.inner, walk.n_inner))}};
      static_assert(sizeof(blocks) < 512, "larger functors go through constant memory, with a wait");
      const auto threads = static_cast<std::int32_t>(divide_up(walk.n_outer, Blocks::lines) * packs);
      Kokkos::parallel_for(label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int32_t>>(exec, 0, threads), blocks);
    }
  }

 private:
  template <class Plan>
  static std::int64_t lines_a_launch(const Plan& plan) {
    constexpr std::int64_t most = device_tuning.largest_launch;
    return std::min(most, most / std::max<std::int64_t>(1, plan.walk.n_inner / W) * Blocks::lines);
  }
  static Divider divider(std::int64_t d) { return Divider(static_cast<std::uint32_t>(d)); }
};

}  // namespace KokkosQuant::Impl
