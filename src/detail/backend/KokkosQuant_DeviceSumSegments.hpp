// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of segments along lines, from scratch memory: each thread of a team has some lanes of a segment, from its first row to its last.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <type_traits>

#include "KokkosQuant_DeviceScratchCopy.hpp"
#include "KokkosQuant_DeviceSumWalk.hpp"

namespace KokkosQuant::Impl {

// Rows: of 16 terms, that a segment has at most.
template <class Exec, class Walk, int W, int Rows>
struct DeviceSumSegments : Walk {
  using typename Walk::C, typename Walk::Place, typename Walk::Quick, typename Walk::Sum, typename Walk::T;
  using Walk::K;
  using Member = typename Kokkos::TeamPolicy<Exec>::member_type;
  // Threads of a team; lanes of a sum that a thread has, and rows of them at once; warps on a multiprocessor. H200, bfloat16, D = 4096,
  // tensor, token, of a triad: these 0.91, 0.95; two rows at once 0.89, 0.95; 8 lanes, 12 warps 0.86, 0.93; 64 and 128 threads 0.91, 0.94;
  // 16 and 24 warps 0.85, 0.94, and 0.91, 0.95. Float: 64 threads as 32. Double: 64 threads 0.90, 0.97, 32 0.95, 0.98.
  static constexpr int walkers = 32, lanes = sizeof(T) == 2 ? 4 : 2;
  static constexpr int rows_at_once = sizeof(T) == 8 ? 1 : 4, warps = sizeof(T) == 8 ? 12 : 20;
  static constexpr int threads = device_walk_on_host ? 1 : walkers, teams_at_once = warps * 32 / walkers;
  static constexpr int sharing = sum_lanes / lanes, segments = walkers / sharing;  // threads of a segment, segments of a team
  static constexpr int terms = Rows * sum_lanes;
  static_assert(Rows % rows_at_once == 0);

  std::int64_t groups;  // of this launch: segments of lines

  struct Group {
    std::int64_t line, segment;
  };
  KOKKOS_FORCEINLINE_FUNCTION Group group(std::uint32_t index) const {
    const std::uint32_t of_line = this->inner.quotient(index);
    return {this->first_line + of_line, this->first_segment + (index - of_line * this->inner.divisor)};
  }

  // Some rows of a thread's lanes.
  using Row = Chunk<T, lanes>;
  using RowsAtOnce = Chunk<T, lanes * rows_at_once>;
  using RowBits = std::conditional_t<sizeof(Row) == 8, std::uint64_t, Row>;
  // (A row is one access: read word by word it was two.)
  static KOKKOS_FORCEINLINE_FUNCTION void load_row(RowsAtOnce& all, int b, const T* from) {
    const Row row = bits_as<Row>(*reinterpret_cast<const RowBits*>(from));
    if constexpr (Row::in_words)
      for (int w = 0; w < lanes / 2; ++w) all.word[b * lanes / 2 + w] = row.word[w];
    else
      for (int i = 0; i < lanes; ++i) all.values[b * lanes + i] = row.values[i];
  }
  static KOKKOS_FORCEINLINE_FUNCTION void store_row(T* to, const RowsAtOnce& all, int b) {
    Row row;
    if constexpr (Row::in_words)
      for (int w = 0; w < lanes / 2; ++w) row.word[w] = all.word[b * lanes / 2 + w];
    else
      for (int i = 0; i < lanes; ++i) row.values[i] = all.values[b * lanes + i];
    *reinterpret_cast<Row*>(to) = row;
  }

  // The terms of a thread's lanes in scratch memory, from row to row; dx takes the places of dy. Terms: where they are.
  template <class Terms>
  KOKKOS_FORCEINLINE_FUNCTION void add(std::int64_t line, const Terms& terms, const Quick& quick, Sum (&sum)[K][lanes]) const {
    constexpr int n = lanes * rows_at_once;
    const QuickInputs<T> quick_inputs(this->element.quick_limit(quick));
    const C inside_limit = this->element.inside_limit(quick);
    KOKKOSQUANT_NO_UNROLL
    for (int r = 0; r < Rows && terms.has(r); r += rows_at_once) {
      RowsAtOnce dy, x;
      const auto rows = terms.rows(r);
      rows.load(dy, x);
      if (quick_inputs.hold(x)) {
        if (is_true_for_all(quick_inputs.largest(x) <= inside_limit)) {  // (so that not both ways are gone)
          C term[n];
          this->compute_inside(OneForAll<Quick>{quick}, dy, x, term);
          KOKKOSQUANT_UNROLL
          for (int j = 0; j < n; ++j) accumulate(sum[0][j % lanes], to_double(term[j]));
          continue;
        }
        C term[n][K];
        const Chunk<T, n> dx = this->compute_quick(OneForAll<Quick>{quick}, dy, x, term);
        KOKKOSQUANT_UNROLL
        for (int j = 0; j < n; ++j)
          for (int q = 0; q < K; ++q) accumulate(sum[q][j % lanes], to_double(term[j][q]));
        rows.store(dx);
      } else {
        add_any(line, terms, r * sum_lanes, sum);
      }
    }
  }
  // Any constants and inputs, one element after the other. What is not there adds nothing.
  template <class Terms>
  KOKKOS_INLINE_FUNCTION void add_any(std::int64_t line, const Terms& terms, int first, Sum (&sum)[K][lanes]) const {
    const auto k = this->element.constants(this->element.cell_data(line, 0));
    KOKKOSQUANT_NO_UNROLL
    for (int j = 0; j < lanes * rows_at_once; ++j) {
      const int i = j % lanes, at = first + j / lanes * sum_lanes + i;
      if (at >= terms.left) continue;
      T* const dy = terms.dy + terms.place(at);
      C dx, term[K];
      this->element.apply_any(k, dx, term, widen<C>(*dy), widen<C>(terms.x[terms.place(at)]));
      *dy = narrow<T>(dx);
      KOKKOSQUANT_UNROLL
      for (int l = 0; l < lanes; ++l)  // (a sum with an index that changes would not stay in registers)
        for (int q = 0; q < K; ++q)
          if (l == i) accumulate(sum[q][l], to_double(term[q]));
    }
  }
  // sum_at(segment of the team, lane, q): where it is
  template <class SumAt>
  KOKKOS_FORCEINLINE_FUNCTION void finish_sums(std::uint32_t first, int here, int thread, const SumAt& sum_at) const {
    for (int i = thread; i < here * K; i += walkers) {
      const int s = i / K, q = i % K;
      Sum lane[sum_lanes];
      KOKKOSQUANT_UNROLL
      for (int l = 0; l < sum_lanes; ++l) lane[l] = *sum_at(s, l, q);
      const Group g = group(first + static_cast<std::uint32_t>(s));
      this->sink.put(g.line, g.segment, q, sum_by_halves(lane));
    }
  }
};

}  // namespace KokkosQuant::Impl
