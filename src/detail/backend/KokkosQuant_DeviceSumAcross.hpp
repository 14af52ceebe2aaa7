// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of segments across lines where packs of lines are aligned: a thread has a lane of W lines, and their lanes' sums go through
// scratch memory.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceSumWalk.hpp"

namespace KokkosQuant::Impl {

// Across lines: a tile of packs of lines by a segment.
template <class Exec, class Walk, int W>
struct DeviceSumTeamsAcross : Walk {
  using typename Walk::C, typename Walk::Place, typename Walk::Quick, typename Walk::Sum, typename Walk::T;
  using Walk::K;
  using Member = typename Kokkos::TeamPolicy<Exec>::member_type;
  // Packs of a tile, accesses of each input that are loaded while as many are computed: H100, per channel, D = 4096, bfloat16, TB/s of
  // 3.03: 8, 4, not ahead: 2.1; 16, 4, not ahead: 2.3; 16, 1: 2.3; 16, 2: 2.7; packs of 4 in place of 8, 16, 3: 2.5.
  static constexpr int packs = 16, in_flight = 2, lines = packs * W, teams_at_once = 2;
  static constexpr int threads = device_walk_on_host ? 1 : packs * sum_lanes;
  static constexpr int quick_bytes = (lines * static_cast<int>(sizeof(Quick)) + 15) / 16 * 16;
  static constexpr int scratch_bytes = quick_bytes + sum_lanes * lines * K * static_cast<int>(sizeof(Sum));

  std::int64_t n_packs;  // of this launch
  Divider tiles;         // of all lines

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int bytes = scratch_bytes;
    char* const scratch = static_cast<char*>(team.team_scratch(0).get_shmem_aligned(bytes, 16));
    auto* const quick = reinterpret_cast<Quick*>(scratch);
    Sum* const sums =
        reinterpret_cast<Sum*>(scratch + quick_bytes);  // of each lane, each sum, the first of each pack, the second...
    const auto tile = static_cast<std::uint32_t>(team.league_rank()), of_segment = tiles.quotient(tile);
    const std::int64_t segment = this->first_segment + of_segment;
    const std::int64_t first_pack = static_cast<std::int64_t>(tile - of_segment * tiles.divisor) * packs;
    const std::int64_t line = this->first_line + first_pack * W;
    const int packs_here = n_packs - first_pack < packs ? static_cast<int>(n_packs - first_pack) : packs;

    for (int l = team.team_rank(); l < packs_here * W; l += threads) quick[l] = this->quick_constants(line + l);
    team.team_barrier();
    for (int i = team.team_rank(); i < packs * sum_lanes; i += threads)
      if (i % packs < packs_here) lane(line + i % packs * W, segment, i / packs, quick + i % packs * W, sums + i % packs);
    team.team_barrier();
    for (int i = team.team_rank(); i < lines; i += threads) {
      const int pack = i % packs, w = i / packs;
      if (pack >= packs_here) continue;
      Sum cell[K];
      for (int q = 0; q < K; ++q) {
        Sum lane[sum_lanes];
        KOKKOSQUANT_UNROLL
        for (int l = 0; l < sum_lanes; ++l) lane[l] = sums[(l * K + q) * lines + i];
        cell[q] = sum_by_halves(lane);
      }
      this->sink.put(line + pack * W + w, segment, cell);
    }
  }

 private:
  struct Batch {
    Chunk<T, W> dy[in_flight], x[in_flight];
  };
  KOKKOS_FORCEINLINE_FUNCTION Batch load_batch(const Place& first, int term, int end) const {
    Batch batch;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < in_flight; ++u)
      if (term + u * sum_lanes < end) {
        const Place at = this->moved(first, 0, u * sum_lanes);
        batch.dy[u] = this->template load<W>(at.dy), batch.x[u] = this->template load<W>(at.x);
      }
    return batch;
  }
  KOKKOS_FORCEINLINE_FUNCTION void add_any(std::int64_t line, const Place& at, Sum (&sum)[K][W]) const {
    KOKKOSQUANT_NO_UNROLL
    for (int i = 0; i < W; ++i) {
      C term[K];
      this->compute_any(line + i, this->moved(at, i, 0), term);
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W; ++w)  // (a sum with an index that changes would not stay in registers)
        for (int q = 0; q < K; ++q)
          if (w == i) accumulate(sum[q][w], to_double(term[q]));
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void lane(std::int64_t line, std::int64_t segment, int lane, const Quick* quick_of,
                                        Sum* to) const {
    Quick quick[W];
    C limit = C(0x1p127);
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < W; ++w) {
      quick[w] = quick_of[w];
      const C of_line = this->element.quick_limit(quick[w]);
      limit = of_line < limit ? of_line : limit;
    }
    const QuickInputs<T> quick_inputs(limit);
    Sum sum[K][W] = {};
    const int end = this->length(segment);
    constexpr int step = in_flight * sum_lanes;
    Place at = this->place(line, segment * sum_segment + lane);
    Batch next = load_batch(at, lane, end);
    for (int j = lane; j < end; j += step, at = this->moved(at, 0, step)) {
      const Batch now = next;  // (the next is on its way meanwhile)
      if (j + step < end) next = load_batch(this->moved(at, 0, step), j + step, end);
      KOKKOSQUANT_UNROLL
      for (int u = 0; u < in_flight; ++u)
        if (j + u * sum_lanes < end) {
          const Place place = this->moved(at, 0, u * sum_lanes);
          if (quick_inputs.hold(now.x[u])) {
            C term[W][K];
            *reinterpret_cast<Chunk<T, W>*>(place.dx) = this->compute_quick(OneEach<Quick>{quick}, now.dy[u], now.x[u], term);
            KOKKOSQUANT_UNROLL
            for (int w = 0; w < W; ++w)
              for (int q = 0; q < K; ++q) accumulate(sum[q][w], to_double(term[w][q]));
          } else {
            add_any(line, place, sum);
          }
        }
    }
    KOKKOSQUANT_UNROLL
    for (int q = 0; q < K; ++q)
      for (int w = 0; w < W; ++w) to[(lane * K + q) * lines + w * packs] = sum[q][w];
  }
};

}  // namespace KokkosQuant::Impl
