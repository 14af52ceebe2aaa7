// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of segments along lines where packs are aligned: a team reads whole sectors. The threads of a warp read a segment, and what it adds
// goes through scratch memory, as each lane of a sum has terms of 16 threads. (Two threads a segment, each with half of its lanes, read
// 32 bytes here and there: a triad that does that in 16 bits takes 1.35 times as long.)
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceSumWalk.hpp"

namespace KokkosQuant::Impl {

// Along lines: some segments a team, of which neighbouring threads have the packs. Rows: of 16 terms, that a segment has at most. Dense:
// that all of them have, and the next one starts behind them, also that of another line.
template <class Exec, class Walk, int W, int Rows, bool Dense>
struct DeviceSumTeamsAlong : Walk {
  using typename Walk::C, typename Walk::Place, typename Walk::Quick, typename Walk::Sum, typename Walk::T;
  using Walk::K;
  using Member = typename Kokkos::TeamPolicy<Exec>::member_type;
  static constexpr int terms = Rows * sum_lanes, packs = terms / W, threads = device_walk_on_host ? 1 : 128;
  static constexpr int at_once = device_walk_on_host ? 1 : threads / packs;
  // Packs of a thread, teams on a multiprocessor: H200, per token with zero points, D = 4096, bfloat16, float: 3, 6: 0.76, 0.95; 4, 5: 0.77,
  // 0.97; 3, 7: 0.74, 0.78. H100, double, TB/s of 3.03: 3, 6: 2.7; 4, 4: 3.0.
  static constexpr int U = 4, teams_at_once = sizeof(C) == 8 ? 4 : 5;
  static constexpr int segments = at_once * U;  // of a team
  static_assert(device_walk_on_host || threads % packs == 0);
  // A row of terms in scratch memory: those of each sum; then 16 bytes, so that the next starts in another bank.
  static constexpr int gap = 16 / static_cast<int>(sizeof(C)), row = sum_lanes * K + gap, stride = Rows * row + gap;
  static constexpr int quick_bytes = (segments * static_cast<int>(sizeof(Quick)) + 15) / 16 * 16;
  static constexpr int scratch_bytes = quick_bytes + segments * stride * static_cast<int>(sizeof(C));

  std::int64_t groups;  // of this launch: segments of lines

  // A lane's sum takes the place of its first two terms.
  struct Two {
    C first, second;
  };
  static constexpr int lanes_a_thread = sizeof(C) == 4 ? 2 : 1;  // that it sums: of an access of 8 bytes
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

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int bytes = scratch_bytes;
    char* const scratch = static_cast<char*>(team.team_scratch(0).get_shmem_aligned(bytes, 16));
    auto* const quick = reinterpret_cast<Quick*>(scratch);
    C* const all_terms = reinterpret_cast<C*>(scratch + quick_bytes);
    const auto first = static_cast<std::uint32_t>(team.league_rank()) * static_cast<std::uint32_t>(segments);
    const int here = groups - first < segments ? static_cast<int>(groups - first) : segments;
    if constexpr (device_walk_on_host) {
      for (int s = 0; s < here; ++s) quick[s] = this->quick_constants(group(first + static_cast<std::uint32_t>(s)).line);
      for (int p = 0; p < packs * at_once; ++p) compute(team, quick, all_terms, first, here, p);
    } else {
      compute(team, quick, all_terms, first, here, team.team_rank());
    }
    team.team_barrier();
    using Lanes = Chunk<C, lanes_a_thread>;
    for (int i = team.team_rank() * lanes_a_thread; i < here * K * sum_lanes; i += threads * lanes_a_thread) {
      C* const column = all_terms + (i / (K * sum_lanes) * stride + i % (K * sum_lanes));
      Sum sum[lanes_a_thread] = {};
      KOKKOSQUANT_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const Lanes of_row = *reinterpret_cast<const Lanes*>(column + r * row);
        for (int l = 0; l < lanes_a_thread; ++l) accumulate(sum[l], to_double(of_row.value(l)));
      }
      Lanes first_part, second_part;
      for (int l = 0; l < lanes_a_thread; ++l) {
        const Two two = bits_as<Two>(sum[l]);
        first_part.put(l, two.first), second_part.put(l, two.second);
      }
      *reinterpret_cast<Lanes*>(column) = first_part, *reinterpret_cast<Lanes*>(column + row) = second_part;
    }
    team.team_barrier();
    for (int i = team.team_rank(); i < here * K; i += threads) {
      const int s = i / K, q = i % K;
      const C* const column = all_terms + (s * stride + q * sum_lanes);
      Sum lane[sum_lanes];
      KOKKOSQUANT_UNROLL
      for (int l = 0; l < sum_lanes; ++l) lane[l] = bits_as<Sum>(Two{column[l], column[row + l]});
      const Group g = group(first + static_cast<std::uint32_t>(s));
      this->sink.put(g.line, g.segment, q, sum_by_halves(lane));
    }
  }

 private:
  // A thread's packs: of neighbouring segments, at the same place in each.
  KOKKOS_FORCEINLINE_FUNCTION void compute(const Member& team, Quick* quick, C* terms, std::uint32_t first, int here,
                                           int thread) const {
    const int first_of_thread = thread / packs * U, term = thread % packs * W;
    const Cursor begin = cursor(first + static_cast<std::uint32_t>(first_of_thread), term);
    Chunk<T, W> dy[U], x[U];
    bool whole[U];
    Cursor c = begin;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u, advance(c)) {
      whole[u] = first_of_thread + u < here && c.left >= W;
      if (whole[u]) dy[u] = this->template load<W>(c.at.dy), x[u] = this->template load<W>(c.at.x);
    }
    if constexpr (!device_walk_on_host) {
      for (int s = thread; s < here; s += threads)
        quick[s] = this->quick_constants(group(first + static_cast<std::uint32_t>(s)).line);
      team.team_barrier();
    }
    C* const to = terms + (first_of_thread * stride + term / sum_lanes * row + term % sum_lanes);
    std::uint32_t left = 0;
    c = begin;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u, advance(c)) {
      if (first_of_thread + u >= here) break;
      const Quick k = quick[first_of_thread + u];
      if (whole[u] && QuickInputs<T>(this->element.quick_limit(k)).hold(x[u])) {
        C term_of[W][K];
        this->compute_quick(OneForAll<Quick>{k}, c.at.dx, dy[u], x[u], term_of);
        KOKKOSQUANT_UNROLL
        for (int q = 0; q < K; ++q) {
          Chunk<C, W> of_sum;
          KOKKOSQUANT_UNROLL
          for (int w = 0; w < W; ++w) of_sum.put(w, term_of[w][q]);
          *reinterpret_cast<Chunk<C, W>*>(to + (u * stride + q * sum_lanes)) = of_sum;
        }
      } else {
        left |= 1u << u;
      }
    }
    for (int u = 0; left != 0; ++u, left >>= 1)
      if ((left & 1u) != 0) any(group(first + static_cast<std::uint32_t>(first_of_thread + u)), term, to + u * stride);
  }
  // Any constants and inputs, one element after the other. What is not there adds 0.
  KOKKOS_FORCEINLINE_FUNCTION void any(const Group& g, int first, C* to) const {
    const int end = this->length(g.segment);
    KOKKOSQUANT_NO_UNROLL
    for (int w = 0; w < W; ++w) {
      C term[K] = {};
      if (first + w < end) this->compute_any(g.line, this->place(g.line, g.segment * sum_segment + first + w), term);
      for (int q = 0; q < K; ++q) to[w + q * sum_lanes] = term[q];
    }
  }
};

}  // namespace KokkosQuant::Impl
