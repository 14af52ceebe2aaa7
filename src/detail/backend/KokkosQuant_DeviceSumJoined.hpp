// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of segments along lines without gaps between them, of any length: a team copies all between its first and its last term to scratch
// memory, as requests of 128 bytes lie, whatever segments they belong to.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceSumSegments.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

namespace KokkosQuant::Impl {

template <class Exec, class Walk, int W, int Rows>
struct DeviceSumTeamsJoined : DeviceSumSegments<Exec, Walk, W, Rows> {
  using Base = DeviceSumSegments<Exec, Walk, W, Rows>;
  using Base::K, Base::lanes, Base::rows_at_once, Base::segments, Base::sharing, Base::threads, Base::walkers;
  using typename Base::Group, typename Base::Member, typename Base::Quick, typename Base::Sum, typename Base::T;
  using typename Base::RowsAtOnce;
  static constexpr int request = device_tuning.request_bytes / static_cast<int>(sizeof(T));
  static constexpr int extent = segments * Base::terms + request, at_once = walkers * W,
                       copies = (extent + at_once - 1) / at_once;
  // In scratch memory a row is left out after so many terms: so the same rows of several segments are in different banks. The first one is
  // kept at 0, for what is not there.
  static constexpr int zeros = sum_segment, size = extent + extent / sum_segment * sum_lanes;
  static KOKKOS_FORCEINLINE_FUNCTION constexpr int place(int i) {
    return i + static_cast<int>(static_cast<unsigned>(i) / sum_segment * sum_lanes);
  }
  static constexpr int scratch_bytes = 2 * size * static_cast<int>(sizeof(T));
  static constexpr int walks = walkers / threads;  // of a thread
  static_assert(static_cast<int>(sizeof(Sum)) * K * lanes * walkers <= size * static_cast<int>(sizeof(T)));
  static_assert(size * sizeof(T) % 16 == 0 && size >= zeros + lanes && sum_segment % at_once == 0);

  bool starts_are_aligned;  // segments start at multiples of the lanes of a thread

  // What a team has; places of elements are counted from the request on in which the first is.
  struct Part {
    std::uint32_t first;  // segment
    int here;             // segments
    Group group;          // the first segment
    std::int64_t origin;  // of the array
    int begin, end;
    T *dy, *x;  // in scratch memory; dx takes the places of dy
  };
  // A thread's lanes of a segment, from a row on.
  struct Terms {
    T *dy, *x;
    int first;        // place
    int left, until;  // terms up to the end of the segment, and to the next row that is left out
    bool starts_are_aligned;

    // (the first one is, and the last row has all of its terms or none)
    KOKKOS_FORCEINLINE_FUNCTION bool are_aligned() const { return starts_are_aligned && left % lanes == 0; }
    KOKKOS_FORCEINLINE_FUNCTION int place(int i) const { return first + i + (i < until ? 0 : sum_lanes); }
    KOKKOS_FORCEINLINE_FUNCTION bool has(int r) const { return r * sum_lanes < left; }
    KOKKOS_FORCEINLINE_FUNCTION bool has_row(int b) const { return b * sum_lanes + lanes <= left; }
    KOKKOS_FORCEINLINE_FUNCTION Terms rows(int r) const {
      return {dy, x, first + r * sum_lanes, left - r * sum_lanes, until - r * sum_lanes, starts_are_aligned};
    }
    // (of a row that is there: two addresses for all rows)
    KOKKOS_FORCEINLINE_FUNCTION T* row(int b) const {
      T *const before = dy + first, *const behind = before + sum_lanes;
      return (b * sum_lanes < until ? before : behind) + b * sum_lanes;
    }
    KOKKOS_FORCEINLINE_FUNCTION void load(RowsAtOnce& all_dy, RowsAtOnce& all_x) const {
      if (are_aligned()) {
        if (has_row(rows_at_once - 1)) {
          KOKKOSQUANT_UNROLL
          for (int b = 0; b < rows_at_once; ++b) Base::load_row(all_dy, b, row(b)), Base::load_row(all_x, b, row(b) + size);
        } else {
          KOKKOSQUANT_UNROLL
          for (int b = 0; b < rows_at_once; ++b) {
            const T* const from = has_row(b) ? row(b) : dy + zeros;
            Base::load_row(all_dy, b, from), Base::load_row(all_x, b, from + size);
          }
        }
      } else {
        T some_dy[lanes * rows_at_once] = {}, some_x[lanes * rows_at_once] = {};
        KOKKOSQUANT_UNROLL
        for (int b = 0; b < rows_at_once; ++b)
          for_each(b, [&](int j, int from) { some_dy[j] = dy[from], some_x[j] = x[from]; });
        KOKKOSQUANT_UNROLL
        for (int j = 0; j < lanes * rows_at_once; ++j) all_dy.put(j, some_dy[j]), all_x.put(j, some_x[j]);
      }
    }
    KOKKOS_FORCEINLINE_FUNCTION void store(const RowsAtOnce& all) const {
      if (are_aligned()) {
        const bool are_whole = has_row(rows_at_once - 1);
        KOKKOSQUANT_UNROLL
        for (int b = 0; b < rows_at_once; ++b)
          if (are_whole || has_row(b)) Base::store_row(row(b), all, b);
      } else {
        KOKKOSQUANT_UNROLL
        for (int b = 0; b < rows_at_once; ++b) for_each(b, [&](int j, int to) { dy[to] = all.value(j); });
      }
    }

   private:
    // f(which, place) of the terms of a row that are there.
    template <class F>
    KOKKOS_FORCEINLINE_FUNCTION void for_each(int b, const F& f) const {
      const int row = b * sum_lanes, at = place(row);
      if (has_row(b) && (row >= until || row + lanes <= until)) {  // neighbours, all of them
        KOKKOSQUANT_UNROLL
        for (int i = 0; i < lanes; ++i) f(b * lanes + i, at + i);
      } else {
        KOKKOSQUANT_UNROLL
        for (int i = 0; i < lanes; ++i)
          if (row + i < left) f(b * lanes + i, place(row + i));
      }
    }
  };

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int bytes = scratch_bytes;
    const Part part = part_of(static_cast<std::uint32_t>(team.league_rank()) * static_cast<std::uint32_t>(segments),
                              static_cast<T*>(team.team_scratch(0).get_shmem_aligned(bytes, 16)));
    Quick quick[walks];
    Terms terms[walks];
    Sum sum[walks][K][lanes] = {};
    for (int i = 0; i < walks; ++i) load(part, team.team_rank() + i);
    for (int i = 0; i < walks; ++i) {  // (while copies are on their way)
      const int walker = team.team_rank() + i;
      if (!has_segment(part, walker)) continue;
      const Group g = group_of(part, walker);
      quick[i] = this->quick_constants(g.line), terms[i] = terms_of(part, g, walker);
    }
    wait_for_copies();
    team.team_barrier();
    for (int i = 0; i < walks; ++i) {
      const int walker = team.team_rank() + i;
      if (has_segment(part, walker)) this->add(group_of(part, walker).line, terms[i], quick[i], sum[i]);
    }
    team.team_barrier();
    auto* const sums = reinterpret_cast<Sum*>(part.x);
    for (int i = 0; i < walks; ++i)
      for (int q = 0; q < K; ++q)
        for (int l = 0; l < lanes; ++l) sums[(q * lanes + l) * walkers + team.team_rank() + i] = sum[i][q][l];
    for (int i = 0; i < walks; ++i) store(part, team.team_rank() + i);
    team.team_barrier();
    for (int i = 0; i < walks; ++i)
      this->finish_sums(part.first, part.here, team.team_rank() + i, [&](int segment, int lane, int q) {
        return sums + ((q * lanes + lane % lanes) * walkers + segment * sharing + lane / lanes);
      });
  }

 private:
  static KOKKOS_FORCEINLINE_FUNCTION bool has_segment(const Part& part, int walker) { return walker / sharing < part.here; }
  KOKKOS_FORCEINLINE_FUNCTION Group group_of(const Part& part, int walker) const {
    return this->group(part.first + static_cast<std::uint32_t>(walker / sharing));
  }
  KOKKOS_FORCEINLINE_FUNCTION Part part_of(std::uint32_t first, T* scratch) const {
    if (scratch == nullptr) __builtin_unreachable();  // (else there is a select of it at each use)
    const int here = this->groups - first < segments ? static_cast<int>(this->groups - first) : segments;
    const Group g = this->group(first), last = this->group(first + static_cast<std::uint32_t>(here - 1));
    const auto start = static_cast<std::uint64_t>(g.line * this->walk.n_inner + g.segment * sum_segment);
    Part part{
        first,   here,          g, static_cast<std::int64_t>(start / request * request), static_cast<int>(start % request), 0,
        scratch, scratch + size};
    part.end = begin_of(part, last) + this->length(last.segment);
    return part;
  }
  // (32 bits are enough for what is near)
  KOKKOS_FORCEINLINE_FUNCTION int begin_of(const Part& part, const Group& g) const {
    const auto lines = static_cast<std::uint32_t>(g.line - part.group.line),
               some_segments = static_cast<std::uint32_t>(g.segment - part.group.segment);
    return part.begin + static_cast<int>(lines * static_cast<std::uint32_t>(this->walk.n_inner) +
                                         some_segments * std::uint32_t{sum_segment});
  }
  KOKKOS_FORCEINLINE_FUNCTION Terms terms_of(const Part& part, const Group& g, int walker) const {
    const int column = walker % sharing * lanes, length = this->length(g.segment), first = begin_of(part, g) + column;
    return {part.dy, part.x, place(first), length - column, sum_segment - first % sum_segment, starts_are_aligned};
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(const Part& part, int walker) const {
    const std::int64_t left = this->walk.n_outer * this->walk.n_inner - part.origin;  // of the array
    const int elements = left < extent ? static_cast<int>(left) : extent, whole = elements / W * W, mine = walker * W;
    const int end = (whole < part.end ? whole : part.end) - mine;
    const T *const dy = get<0>(this->walk.in).data + part.origin, *const x = get<1>(this->walk.in).data + part.origin;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < copies; ++u) {
      const int at = u * at_once;
      const bool is_there = at < end && (u > 0 || mine + W > part.begin);
      copy_to_scratch(part.dy + mine + place(at), dy + mine + at, is_there);
      copy_to_scratch(part.x + mine + place(at), x + mine + at, is_there);
    }
    const int last = whole + walker;
    if (last < elements && last < part.end) part.dy[place(last)] = dy[last], part.x[place(last)] = x[last];
    if (walker < lanes) part.dy[zeros + walker] = T{}, part.x[zeros + walker] = T{};
  }
  KOKKOS_FORCEINLINE_FUNCTION void store(const Part& part, int walker) const {
    const int mine = walker * W, end = part.end - mine;
    T* const dx = get<0>(this->walk.out).data + part.origin;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < copies; ++u) {
      const int at = u * at_once;
      if (at + W <= end && (u > 0 || part.begin <= mine))
        *reinterpret_cast<Chunk<T, W>*>(dx + mine + at) = *reinterpret_cast<const Chunk<T, W>*>(part.dy + mine + place(at));
    }
    store_edge(part, walker, part.begin, dx), store_edge(part, walker, part.end, dx);
  }
  // Of a pack of which other teams have a part.
  static KOKKOS_FORCEINLINE_FUNCTION void store_edge(const Part& part, int walker, int edge, T* dx) {
    const int at = edge / W * W + walker;
    if (edge % W != 0 && walker < W && part.begin <= at && at < part.end) dx[at] = part.dy[place(at)];
  }
};

}  // namespace KokkosQuant::Impl
