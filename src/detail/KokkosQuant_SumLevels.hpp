// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the sums of segments to those of cells: a launch a level. What is summed by itself first is a line, a row or a column;
// a cell is a line, or all of them.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>

#include "../KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_FixedOrderSum.hpp"
#include "KokkosQuant_Operands.hpp"
#include "backend/KokkosQuant_DeviceNeighbours.hpp"

namespace KokkosQuant::Impl {

// What the launch over the array is told. Outer axis: lines; inner axis: the terms of a line.
template <class Element, class T>
struct SumsPlan {
  Element element;
  Operands<Outputs<T>, Inputs<T, T>> walk;
  Mapping mapping;  // packs: along the lines; packs_of_tokens: across them
};

// Where the K sums of a segment go: to a later launch, or, where they are a cell's, times a factor and rounded once to the cell.
template <class Sum, class S, int K>
struct SumSink {
  Sum* later;             // null: to the cells
  std::int64_t segments;  // (later) of a line
  double factor;
  S* cell[K];
  std::int64_t cell_stride[K];

  KOKKOS_FORCEINLINE_FUNCTION void put(std::int64_t line, std::int64_t segment, const Sum (&sum)[K]) const {
    for (int k = 0; k < K; ++k) put(line, segment, k, sum[k]);
  }
  KOKKOS_FORCEINLINE_FUNCTION void put(std::int64_t line, std::int64_t segment, int k, const Sum& sum) const {
    if (later != nullptr)
      later[(line * segments + segment) * K + k] = sum;
    else
      cell[k][line * cell_stride[k]] = rounded_to<S>(total(sum, factor));
  }
};

// One level. Threads: of a segment, a lane each; or 1.
template <class Sum, class S, int K, int Threads>
struct SumLevel {
  const Sum* from;
  std::int64_t terms, segments;  // of a line
  SumSink<Sum, S, K> to;
  static constexpr int in_flight = 4;  // terms of a thread (lines of 4097 have 17 segments)

  KOKKOS_FUNCTION void operator()(const std::int64_t thread) const {
    const std::int64_t i = thread / Threads, line = segments == 1 ? i : i / segments, segment = i - line * segments;
    const std::int64_t first = segment * sum_segment;
    const int n = terms - first < sum_segment ? static_cast<int>(terms - first) : sum_segment;
    const Sum* term = from + (line * terms + first) * K;
    Sum sum[K] = {};
    if constexpr (Threads == 1) {
      for (int k = 0; k < K; ++k) sum[k] = segment_sum<Sum>(n, [=](int j) { return term[j * K + k]; });
    } else {
      const int lane = static_cast<int>(thread % Threads);
      for (int j = lane; j < n; j += in_flight * sum_lanes) {
        KOKKOSQUANT_UNROLL
        for (int u = 0; u < in_flight; ++u)
          for (int k = 0; k < K; ++k)
            if (j + u * sum_lanes < n) accumulate(sum[k], term[(j + u * sum_lanes) * K + k]);
      }
      for (int k = 0; k < K; ++k) sum[k] = sum_of_neighbours(sum[k]);
      if (lane != 0) return;
    }
    to.put(line, segment, sum);
  }
};

// What is left to sum: lines of so many sums each.
struct SumState {
  std::int64_t lines, terms;
  bool one_cell;

  bool done() const { return terms == 1 && (lines == 1 || !one_cell); }
  SumState next_launch() const { return terms == 1 ? SumState{1, lines, one_cell} : *this; }
  SumState after_launch() const { return {lines, segments_of(terms), one_cell}; }
};

template <class Exec, class Sum, class S, int K>
class SumLevels {
 public:
  using Sink = SumSink<Sum, S, K>;
  // A line of no terms has a segment too, whose sum is 0.
  SumLevels(std::int64_t lines, std::int64_t terms, bool one_cell, const Sink& cells)
      : first_{lines, std::max<std::int64_t>(1, segments_of(terms)), one_cell}, cells_(cells) {}

  std::int64_t segments() const { return first_.terms; }
  std::size_t workspace_size() const {
    std::int64_t sums = 0;
    for (SumState s = first_; !s.done(); s = s.next_launch().after_launch()) sums += s.lines * s.terms * K;
    return static_cast<std::size_t>(sums) * sizeof(Sum);
  }
  // of the launch that sums the array's segments
  Sink first_sink(void* workspace) const { return sink(first_, static_cast<Sum*>(workspace)); }
  void launch_rest(const Exec& exec, const std::string& label, void* workspace) const {
    auto* from = static_cast<Sum*>(workspace);
    for (SumState s = first_; !s.done();) {
      const SumState now = s.next_launch();
      Sum* to = from + now.lines * now.terms * K;
      s = now.after_launch();
      if (has_neighbours<Exec> && now.terms > sum_lanes)
        launch<has_neighbours<Exec> ? sum_lanes : 1>(exec, label, from, now, s, to);
      else
        launch<1>(exec, label, from, now, s, to);
      from = to;
    }
  }

 private:
  template <int Threads>
  void launch(const Exec& exec, const std::string& label, const Sum* from, const SumState& now, const SumState& after,
              Sum* to) const {
    using Policy = Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>;
    Kokkos::parallel_for(label, Policy(exec, 0, after.lines * after.terms * Threads),
                         SumLevel<Sum, S, K, Threads>{from, now.terms, after.terms, sink(after, to)});
  }
  Sink sink(const SumState& state, Sum* later) const {
    Sink s = cells_;
    s.later = state.done() ? nullptr : later;
    s.segments = state.terms;
    return s;
  }
  SumState first_;
  Sink cells_;
};

}  // namespace KokkosQuant::Impl
