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
    for (int k = 0; k < K; ++k) {
      if (later != nullptr)
        later[(line * segments + segment) * K + k] = sum[k];
      else
        cell[k][line * cell_stride[k]] = rounded_to<S>(total(sum[k], factor));
    }
  }
};

// One level: a thread a segment.
template <class Sum, class S, int K>
struct SumLevel {
  const Sum* from;
  std::int64_t terms, segments;  // of a line
  SumSink<Sum, S, K> to;

  KOKKOS_FUNCTION void operator()(const std::int64_t i) const {
    const std::int64_t line = i / segments, segment = i % segments, first = segment * sum_segment;
    const int n = terms - first < sum_segment ? static_cast<int>(terms - first) : sum_segment;
    const Sum* term = from + (line * terms + first) * K;
    Sum sum[K];
    for (int k = 0; k < K; ++k) sum[k] = segment_sum<Sum>(n, [=](int j) { return term[j * K + k]; });
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
      Kokkos::parallel_for(label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, s.lines * s.terms),
                           SumLevel<Sum, S, K>{from, now.terms, s.terms, sink(s, to)});
      from = to;
    }
  }

 private:
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
