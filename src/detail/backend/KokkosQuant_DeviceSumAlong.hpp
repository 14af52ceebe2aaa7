// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of segments along lines where packs are aligned: a team copies whole sectors of some segments to scratch memory. (Threads that read
// their lanes from the array, 32 bytes here and there: a triad that does that in 16 bits takes 1.35 times as long.)
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceSumSegments.hpp"

namespace KokkosQuant::Impl {

// Dense: all segments have as many terms, and the next one starts behind them, also that of another line.
template <class Exec, class Walk, int W, int Rows, bool Dense>
struct DeviceSumTeamsAlong : DeviceSumSegments<Exec, Walk, W, Rows> {
  using Base = DeviceSumSegments<Exec, Walk, W, Rows>;
  using Base::group, Base::K, Base::lanes, Base::rows_at_once, Base::sharing, Base::terms, Base::threads, Base::walkers;
  using typename Base::Group, typename Base::Member, typename Base::Place, typename Base::Quick, typename Base::Sum,
      typename Base::T;
  using typename Base::RowsAtOnce;
  // Short segments in 16 bits: a thread has lanes of two, one after the other. H200, D = 128, tensor, token: bfloat16 0.88, 0.88, one
  // 0.79, 0.83; float 0.95, 0.98 both; double 0.85, 0.86, one 0.91, 0.95.
  static constexpr int walks = Dense && sizeof(T) == 2 ? sum_segment / terms : 1, segments = walks * Base::segments,
                       packs = terms / W;
  // Neighbours copy packs of a segment: one of each of some segments, or some of each of all.
  static constexpr int at_once = walkers > packs ? walkers / packs : 1, U = segments / at_once;
  static constexpr int packs_of_each = packs > walkers ? packs / walkers : 1;
  static_assert(U * at_once == segments && walkers * packs_of_each == packs * at_once);
  // In scratch memory segments are a row apart: so their rows are in different banks. A lane's sums take the places of its x.
  static constexpr int stride = terms + sum_lanes, scratch_bytes = 2 * segments * stride * static_cast<int>(sizeof(T));
  static_assert(sizeof(Sum) <= lanes * sizeof(T) && K * lanes <= Rows);

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
  // A thread's lanes of a segment.
  struct Terms {
    T *dy, *x;
    int left;  // terms up to the end of the segment

    static KOKKOS_FORCEINLINE_FUNCTION constexpr int place(int i) { return i; }
    static KOKKOS_FORCEINLINE_FUNCTION constexpr bool has(int) { return true; }
    KOKKOS_FORCEINLINE_FUNCTION Terms rows(int r) const { return {dy + r * sum_lanes, x + r * sum_lanes, left}; }
    KOKKOS_FORCEINLINE_FUNCTION void load(RowsAtOnce& all_dy, RowsAtOnce& all_x) const {
      KOKKOSQUANT_UNROLL
      for (int b = 0; b < rows_at_once; ++b)
        Base::load_row(all_dy, b, dy + b * sum_lanes), Base::load_row(all_x, b, x + b * sum_lanes);
    }
    KOKKOS_FORCEINLINE_FUNCTION void store(const RowsAtOnce& all) const {
      KOKKOSQUANT_UNROLL
      for (int b = 0; b < rows_at_once; ++b) Base::store_row(dy + b * sum_lanes, all, b);
    }
  };

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int bytes = scratch_bytes;
    auto* const scratch = static_cast<T*>(team.team_scratch(0).get_shmem_aligned(bytes, 16));
    const auto first = static_cast<std::uint32_t>(team.league_rank()) * static_cast<std::uint32_t>(segments);
    const Part part{first, this->groups - first < segments ? static_cast<int>(this->groups - first) : segments, scratch,
                    scratch + segments * stride};
    if constexpr (device_walk_on_host) {
      for (int t = 0; t < walkers; ++t) load(part, t);
      for (int t = 0; t < walkers * walks; ++t)
        if (t / sharing < part.here) add_lanes(part, t, this->quick_constants(group_of(part, t).line));
      for (int t = 0; t < walkers; ++t) finish(part, t);
    } else {
      const int thread = team.team_rank();
      if (thread < 0 || thread >= threads) __builtin_unreachable();  // (shorter indices)
      load(part, thread);
      Quick quick[walks] = {};
      KOKKOSQUANT_UNROLL
      for (int i = 0; i < walks; ++i)  // (while copies are on their way)
        if (has_segment(part, thread + i * walkers))
          quick[i] = this->quick_constants(group_of(part, thread + i * walkers).line);
      wait_for_copies();
      team.team_barrier();
      KOKKOSQUANT_UNROLL
      for (int i = 0; i < walks; ++i)
        if (has_segment(part, thread + i * walkers)) add_lanes(part, thread + i * walkers, quick[i]);
      team.team_barrier();
      finish(part, thread);
    }
  }

 private:
  static KOKKOS_FORCEINLINE_FUNCTION bool has_segment(const Part& part, int walker) { return walker / sharing < part.here; }
  KOKKOS_FORCEINLINE_FUNCTION Group group_of(const Part& part, int walker) const {
    return group(part.first + static_cast<std::uint32_t>(walker / sharing));
  }
  // f(place in the array, elements there, place in scratch memory) of the packs that a thread copies.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION void for_each_pack(const Part& part, int thread, const F& f) const {
    const int segment = thread / packs * U, term = thread % packs * W;
    Cursor c = cursor(part.first + static_cast<std::uint32_t>(segment), term);
    const bool has_all = part.here == segments;  // (no question for each)
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < U; ++u, advance(c)) {
      if (!has_all && segment + u >= part.here) break;
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
  KOKKOS_FORCEINLINE_FUNCTION void add_lanes(const Part& part, int walker, const Quick& quick) const {
    const int column = walker % sharing * lanes, at = walker / sharing * stride + column;
    Sum sum[K][lanes] = {};
    const Group g = group_of(part, walker);
    this->add(g.line, Terms{part.dy + at, part.x + at, (Dense ? terms : this->length(g.segment)) - column}, quick, sum);
    KOKKOSQUANT_UNROLL
    for (int q = 0; q < K; ++q)
      for (int i = 0; i < lanes; ++i) *reinterpret_cast<Sum*>(part.x + at + (q * lanes + i) * sum_lanes) = sum[q][i];
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
    this->finish_sums(part.first, part.here, thread, [&](int segment, int lane, int q) {
      return reinterpret_cast<const Sum*>(part.x +
                                          (segment * stride + (q * lanes + lane % lanes) * sum_lanes + lane / lanes * lanes));
    });
  }
};

}  // namespace KokkosQuant::Impl
