// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One pass over an array that also leaves a sum for every segment of a line, on the host. A line is walked in blocks of 16
// terms, a lane each; or, where neighbours belong to different lines, in tiles of lines with the 16 lanes of each at hand.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>

#include "../KokkosQuant_SumLevels.hpp"
#include "KokkosQuant_HostConstants.hpp"
#include "KokkosQuant_HostSumBlocks.hpp"

namespace KokkosQuant::Impl {

template <class Element, class T, class Sink>
struct HostSumSweep : HostSumBlocks<Element, T> {
  using Blocks = HostSumBlocks<Element, T>;
  using Blocks::compute, Blocks::compute_any;
  using Blocks::K, Blocks::packs, Blocks::width;
  using typename Blocks::C, typename Blocks::CellConstants, typename Blocks::Data, typename Blocks::Terms, typename Blocks::V;
  using Sum = sum_of<C>;
  static constexpr int tile = host_tuning.tile_sum_bytes / (sum_lanes * K * static_cast<int>(sizeof(Sum)));  // lines
  // Blocks that are computed step by step together, with the same constants: in a row, or 16 rows apart. Against one at a time
  // 1.1 times as fast in float, 1.25 in bfloat16.
  static constexpr int at_once = 4;
  template <class W, class I>
  using constants_of = typename Element::template constants_of<W, I>;
  using OneForPacks = constants_of<C, integer_of<C>>;
  using PackConstants = constants_of<V, Pack<integer_of<C>, width>>;

  SumsPlan<Element, T> plan;
  Sink sink;
  bool streaming;  // the output goes past the caches
  std::int64_t segments, task_lines, task_segments, segment_tasks;

  // ---- along a line ----------------------------------------------------------------------------------------------------
  struct OneForAll {
    PackConstants k{};
    explicit OneForAll(const OneForPacks& one) {
      OneForPacks::for_each([](auto& pack, const auto& value) { pack = pack.all(value); }, k, one);
    }
    KOKKOSQUANT_HOST_INLINE const PackConstants& operator()(int) const { return k; }
  };
  // n terms, contiguous
  template <bool Streams>
  KOKKOSQUANT_HOST_INLINE int blocks(std::int64_t line, std::int64_t first, int n, const OneForAll& k,
                                     HostSegment<C> (&segment)[K]) const {
    T* to = get<0>(plan.walk.out).at(line, first);
    const T *from_0 = get<0>(plan.walk.in).at(line, first), *from_1 = get<1>(plan.walk.in).at(line, first);
    const Element element = plan.element;
    HostSegment<C> sum[K];  // in registers
    for_each_pack<K>([&](auto i) KOKKOSQUANT_HOST_LAMBDA { sum[i] = segment[i]; });
    int j = 0;
    for (; j + at_once * sum_lanes <= n; j += at_once * sum_lanes) {
      if constexpr (Streams) {
        prefetch<at_once * sum_lanes>(from_0 + j, host_tuning.large_input_ahead);
        prefetch<at_once * sum_lanes>(from_1 + j, host_tuning.large_input_ahead);
      }
      Blocks::template compute_blocks<at_once, Streams>(element, k, to + j, from_0 + j, from_1 + j, sum_lanes, sum_lanes,
                                                        sum_lanes, sum);
    }
    for (; j + sum_lanes <= n; j += sum_lanes)
      Blocks::template compute_blocks<1, Streams>(element, k, to + j, from_0 + j, from_1 + j, 0, 0, 0, sum);
    for_each_pack<K>([&](auto i) KOKKOSQUANT_HOST_LAMBDA { segment[i] = sum[i]; });
    return j;
  }
  // any strides, any constants: Compute(in 0, in 1, terms&)
  template <class Compute>
  void some(std::int64_t line, std::int64_t first, int n, const Compute& compute_block, HostSegment<C> (&segment)[K]) const {
    const auto& out_lines = get<0>(plan.walk.out);
    const auto &lines_0 = get<0>(plan.walk.in), &lines_1 = get<1>(plan.walk.in);
    for (int j = 0; j < n; j += sum_lanes) {
      const int m = std::min(sum_lanes, n - j);
      Terms terms;
      const Data a = Data::template load_some<C>(lines_0.at(line, first + j), lines_0.inner, m);
      const Data b = Data::template load_some<C>(lines_1.at(line, first + j), lines_1.inner, m);
      compute_block(a, b, terms).store_some(out_lines.at(line, first + j), out_lines.inner, m);
      for (int i = 0; i < K; ++i) segment[i].add_some(terms.pack[i], m);
    }
  }
  void put(std::int64_t line, std::int64_t s, const HostSegment<C> (&segment)[K]) const {
    Sum sum[K];
    for (int i = 0; i < K; ++i) sum[i] = segment[i].sum();
    sink.put(line, s, sum);
  }
  void along(std::int64_t line, std::int64_t s0, std::int64_t s1) const {
    const Element& element = plan.element;
    const auto cell = element.cell_data(line, 0);
    const CellConstants one = element.constants(cell);
    const OneForPacks one_for_packs = element.pack_constants(cell);
    const OneForAll k(one_for_packs);
    const bool simple = element.is_simple(one_for_packs), contiguous = simple && plan.mapping == Mapping::packs;
    const bool streams =
        streaming &&
        reinterpret_cast<std::uintptr_t>(get<0>(plan.walk.out).at(line, 0)) % Data::template streaming_bytes<T> == 0;
    for (std::int64_t s = s0; s < s1; ++s) {
      const std::int64_t first = s * sum_segment;
      const int n = static_cast<int>(std::min<std::int64_t>(sum_segment, plan.walk.n_inner - first));
      HostSegment<C> segment[K];
      const int done = !contiguous ? 0
                       : streams   ? blocks<true>(line, first, n, k, segment)
                                   : blocks<false>(line, first, n, k, segment);
      if (simple)
        some(
            line, first + done, n - done,
            [&](const Data& a, const Data& b, Terms& terms) { return compute(element, k, a, b, terms); }, segment);
      else
        some(
            line, first, n, [&](const Data& a, const Data& b, Terms& terms) { return compute_any(element, one, a, b, terms); },
            segment);
      put(line, s, segment);
    }
  }

  // ---- across lines ----------------------------------------------------------------------------------------------------
  using AtPosition = typename BlockConstants<Element, width, packs, false>::template OneEach<tile>;
  // N positions, one after every 16, of n lines
  template <int N, bool Streams>
  void rows(std::int64_t line, std::int64_t i, int n, const ConstantsTable<Element, tile>& table,
            HostSegment<C> (*segments_of_16)[K]) const {
    const Element element = plan.element;
    const auto& out = get<0>(plan.walk.out);
    const auto &in_0 = get<0>(plan.walk.in), &in_1 = get<1>(plan.walk.in);
    T* to = out.at(line, i);
    const T *from_0 = in_0.at(line, i), *from_1 = in_1.at(line, i);
    for (int j = 0; j < n; j += sum_lanes, to += sum_lanes, from_0 += sum_lanes, from_1 += sum_lanes) {
      const auto k = AtPosition{table}(j);
      const auto constants = [&k](int p) -> const PackConstants& { return k.pack[p]; };
      auto& segment = segments_of_16[j / sum_lanes];
      HostSegment<C> sum[K];  // in registers
      for (int q = 0; q < K; ++q) sum[q] = segment[q];
      if (const int m = n - j; m >= sum_lanes) {
        // the rows after these, which the hardware does not foresee: 1.2-1.6 times
        for (int r = 0; r < N && j * static_cast<int>(sizeof(T)) % cache_line == 0; ++r) {
          __builtin_prefetch(from_0 + (r * sum_lanes + 1) * in_0.inner);
          __builtin_prefetch(from_1 + (r * sum_lanes + 1) * in_1.inner);
          if constexpr (!Streams) __builtin_prefetch(to + (r * sum_lanes + 1) * out.inner, 1);
        }
        Blocks::template compute_blocks<N, Streams>(element, constants, to, from_0, from_1, sum_lanes * out.inner,
                                                    sum_lanes * in_0.inner, sum_lanes * in_1.inner, sum);
      } else {
        for (int r = 0; r < N; ++r) {
          Terms terms;
          compute(element, constants, Data::template load_some<C>(from_0 + r * sum_lanes * in_0.inner, 1, m),
                  Data::template load_some<C>(from_1 + r * sum_lanes * in_1.inner, 1, m), terms)
              .store_some(to + r * sum_lanes * out.inner, 1, m);
          for (int q = 0; q < K; ++q) sum[q].add(terms.pack[q]);
        }
      }
      for (int q = 0; q < K; ++q) segment[q] = sum[q];
    }
  }
  void across(std::int64_t line, int n, std::int64_t s) const {
    const Element element = plan.element;
    ConstantsTable<Element, tile> table;
    if (!table.fill(element, 0, n, 1, [line](const Element& e, int j) { return e.cell_data(line + j, 0); })) {
      for (int j = 0; j < n; ++j) along(line + j, s, s + 1);
      return;
    }
    const int blocks = (n + sum_lanes - 1) / sum_lanes;
    for (int j = n; j < blocks * sum_lanes; ++j)  // read with the last block
      table.table.for_each([j](auto& values) { values.lane[j] = values.lane[0]; }, table.table);
    const std::int64_t first = s * sum_segment, end = std::min(first + sum_segment, plan.walk.n_inner);
    const int lanes = static_cast<int>(std::min<std::int64_t>(sum_lanes, end - first));
    const auto& out = get<0>(plan.walk.out);
    const bool streams = streaming && out.inner * static_cast<std::int64_t>(sizeof(T)) % cache_line == 0 &&
                         reinterpret_cast<std::uintptr_t>(out.at(line, 0)) % cache_line == 0;
    HostSegment<C> lane[sum_lanes][tile / sum_lanes][K];  // (of each, the lanes are lines)
    for (int l = 0; l < lanes; ++l)
      for (int b = 0; b < blocks; ++b)
        for (int q = 0; q < K; ++q) lane[l][b][q] = {};
    for (std::int64_t i = first; i < end; i += at_once * sum_lanes)
      for (int l = 0; l < lanes; ++l) {  // rows of the same lane together
        std::int64_t row = i + l;
        if (row + (at_once - 1) * sum_lanes >= end)
          for (; row < end; row += sum_lanes) rows<1, false>(line, row, n, table, lane[l]);
        else if (streams)
          rows<at_once, true>(line, row, n, table, lane[l]);
        else
          rows<at_once, false>(line, row, n, table, lane[l]);
      }
    for (int half = sum_lanes / 2; half > 0; half /= 2)
      for (int l = 0; l < half && l + half < lanes; ++l)  // (lanes that are missing are +0)
        for (int b = 0; b < blocks; ++b)
          for (int q = 0; q < K; ++q) lane[l][b][q].add(lane[l + half][b][q]);
    for (int j = 0; j < n; ++j) {
      Sum sum[K];
      for (int q = 0; q < K; ++q) sum[q] = lane[0][j / sum_lanes][q].lane(j % sum_lanes);
      sink.put(line + j, s, sum);
    }
  }

  KOKKOSQUANT_HOST_TASK void operator()(const std::int64_t task) const {
    const std::int64_t l0 = task / segment_tasks * task_lines, l1 = std::min(l0 + task_lines, plan.walk.n_outer);
    const std::int64_t s0 = task % segment_tasks * task_segments, s1 = std::min(s0 + task_segments, segments);
    if (plan.mapping == Mapping::packs_of_tokens)
      for (std::int64_t s = s0; s < s1; ++s) across(l0, static_cast<int>(l1 - l0), s);
    else
      for (std::int64_t line = l0; line < l1; ++line) along(line, s0, s1);
    if (streaming) end_of_streaming();
  }
};

template <class Exec, class Element, class T, class Sink>
struct HostSumLaunch {
  using Sums = HostSumSweep<Element, T, Sink>;
  using Plan = SumsPlan<Element, T>;
  static bool fits(const Plan&) { return true; }
  static int pack_width(const Plan& plan) { return plan.mapping == Mapping::elements ? 1 : Sums::width; }

  // The output is large, and no input.
  static bool is_streaming(const Plan& plan) {
    const auto& out = get<0>(plan.walk.out);
    const std::int64_t bytes = plan.walk.n_outer * plan.walk.n_inner * static_cast<std::int64_t>(sizeof(T));
    return plan.mapping != Mapping::elements && out.data != get<0>(plan.walk.in).data &&
           out.data != get<1>(plan.walk.in).data && bytes >= host_tuning.streaming_bytes;
  }
  static void launch(const Exec& exec, const std::string& label, const Plan& plan, std::int64_t segments, const Sink& sink) {
    constexpr HostTuning t = host_tuning;
    Sums sums{{}, plan, sink, is_streaming(plan), segments, Sums::tile, 1, segments};
    if (plan.mapping != Mapping::packs_of_tokens) {
      sums.task_segments = std::min<std::int64_t>(segments, t.task_elements / sum_segment);
      sums.task_lines = std::max<std::int64_t>(1, t.task_elements / std::max<std::int64_t>(1, plan.walk.n_inner));
      sums.segment_tasks = (segments + sums.task_segments - 1) / sums.task_segments;
    }
    const std::int64_t line_tasks = (plan.walk.n_outer + sums.task_lines - 1) / sums.task_lines;
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, line_tasks * sums.segment_tasks), sums);
  }
};

}  // namespace KokkosQuant::Impl
