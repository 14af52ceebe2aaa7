// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of segments along lines where packs are aligned: a team copies whole sectors of some segments to scratch memory, where each
// thread has some lanes of one of them, from its first row to its last. (Threads that read their lanes from the array, 32 bytes here and
// there: a triad that does that in 16 bits takes 1.35 times as long.)
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceScratchCopy.hpp"
#include "KokkosQuant_DeviceSumWalk.hpp"

namespace KokkosQuant::Impl {

// Rows: of 16 terms, that a segment has at most. Dense: that all of them have, and the next one starts behind them, also that of another
// line.
template <class Exec, class Walk, int W, int Rows, bool Dense>
struct DeviceSumTeamsAlong : Walk {
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
  static constexpr int terms = Rows * sum_lanes, packs = terms / W;
  // Neighbours copy packs of a segment: one of each of some segments, or some of each of all.
  static constexpr int at_once = walkers > packs ? walkers / packs : 1, U = segments / at_once;
  static constexpr int packs_of_each = packs > walkers ? packs / walkers : 1;
  static_assert(U * at_once == segments && walkers * packs_of_each == packs * at_once && Rows % rows_at_once == 0);
  // In scratch memory segments are a row apart: so their rows are in different banks. A lane's sums take the places of its x.
  static constexpr int stride = terms + sum_lanes, scratch_bytes = 2 * segments * stride * static_cast<int>(sizeof(T));
  static_assert(sizeof(Sum) <= lanes * sizeof(T) && K * lanes <= Rows);

  std::int64_t groups;  // of this launch: segments of lines

  struct Group {
    std::int64_t line, segment;
  };
  KOKKOS_FORCEINLINE_FUNCTION Group group(std::uint32_t index) const {
    const std::uint32_t of_line = this->inner.quotient(index);
    return {this->first_line + of_line, this->first_segment + (index - of_line * this->inner.divisor)};
  }
  // A pack of a segment; then the same of the next one.
  struct Cursor {
    Place at;
    std::int64_t left;            // elements of the line, from the pack on
    std::uint32_t segments_left;  // of the line in this launch, with this one
  };
  KOKKOS_FORCEINLINE_FUNCTION Cursor cursor(std::uint32_t index, int term) const {
    if constexpr (Dense) {
      const std::int64_t first = this->first_line * this->walk.n_inner + static_cast<std::int64_t>(index) * terms + term;
      return {this->place(0, first), W, 0};
    }
    const Group g = group(index);
    const std::int64_t first = g.segment * sum_segment + term;
    return {this->place(g.line, first), this->walk.n_inner - first,
            this->inner.divisor - static_cast<std::uint32_t>(g.segment - this->first_segment)};
  }
  KOKKOS_FORCEINLINE_FUNCTION void advance(Cursor& c) const {
    if constexpr (Dense) {
      c.at.dy += terms, c.at.x += terms, c.at.dx += terms;
      return;
    }
    const bool is_last = --c.segments_left == 0;
    const std::int64_t back = static_cast<std::int64_t>(this->inner.divisor - 1) * sum_segment;
    const auto by = [&](const auto& operand) { return is_last ? operand.outer - back : sum_segment; };
    c.at.dy += by(get<0>(this->walk.in)), c.at.x += by(get<1>(this->walk.in)), c.at.dx += by(get<0>(this->walk.out));
    c.left += is_last ? back : -sum_segment;
    c.segments_left = is_last ? this->inner.divisor : c.segments_left;
  }

  // What a team has.
  struct Part {
    std::uint32_t first;  // segment
    int here;             // segments
    T *dy, *x;            // in scratch memory; dx takes the places of dy
  };

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int bytes = scratch_bytes;
    auto* const scratch = static_cast<T*>(team.team_scratch(0).get_shmem_aligned(bytes, 16));
    const auto first = static_cast<std::uint32_t>(team.league_rank()) * static_cast<std::uint32_t>(segments);
    const Part part{first, groups - first < segments ? static_cast<int>(groups - first) : segments, scratch,
                    scratch + segments * stride};
    if constexpr (device_walk_on_host) {
      for (int t = 0; t < walkers; ++t) load(part, t);
      for (int t = 0; t < walkers; ++t)
        if (t / sharing < part.here) add(part, t, this->quick_constants(group_of(part, t).line));
      for (int t = 0; t < walkers; ++t) finish(part, t);
    } else {
      const int thread = team.team_rank();
      const bool has_segment = thread / sharing < part.here;
      load(part, thread);
      Quick quick{};
      if (has_segment) quick = this->quick_constants(group_of(part, thread).line);  // (while copies are on their way)
      wait_for_copies();
      team.team_barrier();
      if (has_segment) add(part, thread, quick);
      team.team_barrier();
      finish(part, thread);
    }
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION Group group_of(const Part& part, int thread) const {
    return group(part.first + static_cast<std::uint32_t>(thread / sharing));
  }
  // f(place in the array, elements there, place in scratch memory) of the packs that a thread copies.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION void for_each_pack(const Part& part, int thread, const F& f) const {
    const int segment = thread / packs * U, term = thread % packs * W;
    Cursor c = cursor(part.first + static_cast<std::uint32_t>(segment), term);
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u, advance(c)) {
      if (segment + u >= part.here) break;
      KOKKOSQUANT_UNROLL
      for (int p = 0; p < packs_of_each; ++p) {
        const int further = p * walkers * W;
        f(Place{c.at.dy + further, c.at.x + further, c.at.dx + further}, Dense ? W : c.left - further,
          (segment + u) * stride + term + further);
      }
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(const Part& part, int thread) const {
    for_each_pack(part, thread, [&](const Place& at, std::int64_t left, int to) {
      if (left >= W) {
        copy_to_scratch(part.dy + to, at.dy), copy_to_scratch(part.x + to, at.x);
      } else {  // what is not there adds 0
        KOKKOSQUANT_NO_UNROLL
        for (int w = 0; w < W; ++w) part.dy[to + w] = w < left ? at.dy[w] : T{}, part.x[to + w] = w < left ? at.x[w] : T{};
      }
    });
  }
  // A thread's lanes, from row to row.
  KOKKOS_FORCEINLINE_FUNCTION void add(const Part& part, int thread, const Quick& quick) const {
    constexpr int n = lanes * rows_at_once;
    const int column = thread % sharing * lanes;
    T* const dy_of = part.dy + (thread / sharing * stride + column);
    T* const x_of = part.x + (thread / sharing * stride + column);
    const QuickInputs<T> quick_inputs(this->element.quick_limit(quick));
    const C inside_limit = this->element.inside_limit(quick);
    Sum sum[K][lanes] = {};
    KOKKOSQUANT_NO_UNROLL
    for (int r = 0; r < Rows; r += rows_at_once) {
      const Chunk<T, n> dy = rows(dy_of + r * sum_lanes), x = rows(x_of + r * sum_lanes);
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
        put_rows(dy_of + r * sum_lanes, dx);
      } else {
        add_any(group_of(part, thread), r * sum_lanes + column, dy_of + r * sum_lanes, x_of + r * sum_lanes, sum);
      }
    }
    KOKKOSQUANT_UNROLL
    for (int q = 0; q < K; ++q)
      for (int i = 0; i < lanes; ++i) *reinterpret_cast<Sum*>(x_of + (q * lanes + i) * sum_lanes) = sum[q][i];
  }
  // Any constants and inputs, one element after the other. What is not there adds nothing.
  KOKKOS_INLINE_FUNCTION void add_any(const Group& g, int first, T* dy, const T* x, Sum (&sum)[K][lanes]) const {
    const auto k = this->element.constants(this->element.cell_data(g.line, 0));
    const int end = this->length(g.segment);
    KOKKOSQUANT_NO_UNROLL
    for (int j = 0; j < lanes * rows_at_once; ++j) {
      const int i = j % lanes, at = j / lanes * sum_lanes + i;
      if (first + at >= end) continue;
      C dx, term[K];
      this->element.apply_any(k, dx, term, widen<C>(dy[at]), widen<C>(x[at]));
      dy[at] = narrow<T>(dx);
      KOKKOSQUANT_UNROLL
      for (int l = 0; l < lanes; ++l)  // (a sum with an index that changes would not stay in registers)
        for (int q = 0; q < K; ++q)
          if (l == i) accumulate(sum[q][l], to_double(term[q]));
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void finish(const Part& part, int thread) const {
    for_each_pack(part, thread, [&](const Place& at, std::int64_t left, int from) {
      if (left >= W) {
        *reinterpret_cast<Chunk<T, W>*>(at.dx) = *reinterpret_cast<const Chunk<T, W>*>(part.dy + from);
      } else {
        KOKKOSQUANT_NO_UNROLL
        for (int w = 0; w < left; ++w) at.dx[w] = part.dy[from + w];
      }
    });
    for (int i = thread; i < part.here * K; i += walkers) {
      const int s = i / K, q = i % K;
      const T* const sums = part.x + (s * stride + q * lanes * sum_lanes);
      Sum lane[sum_lanes];
      KOKKOSQUANT_UNROLL
      for (int l = 0; l < sum_lanes; ++l)
        lane[l] = *reinterpret_cast<const Sum*>(sums + (l % lanes * sum_lanes + l / lanes * lanes));
      const Group g = group(part.first + static_cast<std::uint32_t>(s));
      this->sink.put(g.line, g.segment, q, sum_by_halves(lane));
    }
  }
  // Some rows of a thread's lanes.
  using Row = Chunk<T, lanes>;
  using RowsAtOnce = Chunk<T, lanes * rows_at_once>;
  static KOKKOS_FORCEINLINE_FUNCTION RowsAtOnce rows(const T* from) {
    RowsAtOnce all;
    KOKKOSQUANT_UNROLL
    for (int b = 0; b < rows_at_once; ++b) {
      const Row row = *reinterpret_cast<const Row*>(from + b * sum_lanes);
      if constexpr (Row::in_words)
        for (int w = 0; w < lanes / 2; ++w) all.word[b * lanes / 2 + w] = row.word[w];
      else
        for (int i = 0; i < lanes; ++i) all.values[b * lanes + i] = row.values[i];
    }
    return all;
  }
  static KOKKOS_FORCEINLINE_FUNCTION void put_rows(T* to, const RowsAtOnce& all) {
    KOKKOSQUANT_UNROLL
    for (int b = 0; b < rows_at_once; ++b) {
      Row row;
      if constexpr (Row::in_words)
        for (int w = 0; w < lanes / 2; ++w) row.word[w] = all.word[b * lanes / 2 + w];
      else
        for (int i = 0; i < lanes; ++i) row.values[i] = all.values[b * lanes + i];
      *reinterpret_cast<Row*>(to + b * sum_lanes) = row;
    }
  }
};

}  // namespace KokkosQuant::Impl
