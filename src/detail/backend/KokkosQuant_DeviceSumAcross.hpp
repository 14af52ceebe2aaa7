// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of segments across lines where packs of lines are aligned: a thread has a lane of W lines. Its next rows are on their way to places of
// its own in scratch memory, where its sums go in the end.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "KokkosQuant_DeviceScratchCopy.hpp"
#include "KokkosQuant_DeviceSumWalk.hpp"

namespace KokkosQuant::Impl {

// Across lines: a tile of packs of lines by a segment. Wide: of more packs in 16 bits, for rows that are not aligned or far apart.
template <class Exec, class Walk, int W, bool Wide>
struct DeviceSumTeamsAcross : Walk {
  using typename Walk::C, typename Walk::Place, typename Walk::Quick, typename Walk::Sum, typename Walk::T;
  using Walk::K;
  using Member = typename Kokkos::TeamPolicy<Exec>::member_type;
  using Pack = Chunk<T, W>;
  // Packs of a tile, rows of a thread that are on their way, teams on a multiprocessor. H200, per channel, D = 128, 4096, 16384, of a triad.
  // Bfloat16: these 0.90, 0.91, 0.91, 16, 4, 2: 0.89, 0.88, 0.87; of earlier kernels with these 0.90, 0.90, 0.89: 8, 2, 4: 0.84, 0.85, 0.83, 8, 6,
  // 4: 0.88, 0.86, 0.85, 4, 4, 8: 0.79, 0.83, 0.78. Float: these 0.96, 0.96, 0.93, 8, 4, 6: 0.93, 0.93, 0.91. Double: these 0.95, 0.97, 0.95,
  // 16, 2, 2: 0.91, 0.92, 0.89, 8, 4, 4: 0.94, 0.97, 0.93.
  static constexpr int packs = sizeof(T) == 2 && !Wide ? 8 : 16, ahead = sizeof(T) == 4 ? 3 : 4;
  static constexpr int teams_at_once = sizeof(T) == 2 && !Wide ? 4 : sizeof(T) == 4 ? 3 : 2;
  static constexpr int lines = packs * W, walkers = packs * sum_lanes, threads = device_walk_on_host ? 1 : walkers;
  static constexpr int walks = walkers / threads;  // of a thread
  // Constants of a line lie beside those of the next pack's: neighbours read them without conflicts.
  static constexpr int quick_bytes = lines * static_cast<int>(sizeof(Quick)), limit_bytes = lines * static_cast<int>(sizeof(C)),
                       rows_bytes = ahead * 2 * walkers * static_cast<int>(sizeof(Pack));
  static constexpr int scratch_bytes = quick_bytes + limit_bytes + rows_bytes;
  static constexpr int sums_a_place = sizeof(Pack) / sizeof(Sum);
  static_assert(quick_bytes % 16 == 0 && limit_bytes % 16 == 0 && K * W <= ahead * 2 * sums_a_place);

  std::int64_t n_packs;  // of this launch
  Divider tiles;         // of all lines

  struct Tile {
    std::int64_t line, segment;  // the first line
    int packs, terms;            // that there are
    Quick* quick;
    C* limits;
    Pack* rows;  // of all threads the first place, the second...
  };

  // A thread's (a walker is pack + packs * lane).
  struct Cursor {
    int rows;
    Place next;  // to copy
    T* dx;       // of the row that is computed
  };

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int bytes = scratch_bytes;
    const Tile tile = tile_of(static_cast<std::uint32_t>(team.league_rank()),
                              static_cast<char*>(team.team_scratch(0).get_shmem_aligned(bytes, 16)));
    Cursor cursor[walks];
    for (int i = 0; i < walks; ++i) cursor[i] = begin(tile, team.team_rank() + i);
    KOKKOSQUANT_NO_UNROLL
    for (int l = team.team_rank(); l < tile.packs * W; l += threads) {  // (while rows are on their way)
      const int at = l % W * packs + l / W;
      const Quick quick = this->quick_constants(tile.line + l);
      tile.quick[at] = quick, tile.limits[at] = this->element.quick_limit(quick);
    }
    team.team_barrier();
    for (int i = 0; i < walks; ++i) walk_lane(tile, team.team_rank() + i, cursor[i]);
    team.team_barrier();
    KOKKOSQUANT_NO_UNROLL
    for (int i = team.team_rank(); i < K * lines; i += threads) {
      const int s = i / (packs * sums_a_place) * sums_a_place + i % sums_a_place, pack = i / sums_a_place % packs;
      if (pack >= tile.packs) continue;
      Sum lane[sum_lanes];
      KOKKOSQUANT_UNROLL
      for (int l = 0; l < sum_lanes; ++l) lane[l] = *sum_of(tile, pack + packs * l, s);
      this->sink.put(tile.line + pack * W + s % W, tile.segment, s / W, sum_by_halves(lane));
    }
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION Tile tile_of(std::uint32_t index, char* scratch) const {
    if (scratch == nullptr) __builtin_unreachable();  // (else there is a select of it at each use)
    const std::uint32_t of_segment = tiles.quotient(index);
    const std::int64_t segment = this->first_segment + of_segment;
    const std::int64_t first_pack = static_cast<std::int64_t>(index - of_segment * tiles.divisor) * packs;
    char* const limits = scratch + quick_bytes;
    return {this->first_line + first_pack * W,
            segment,
            n_packs - first_pack < packs ? static_cast<int>(n_packs - first_pack) : packs,
            this->length(segment),
            reinterpret_cast<Quick*>(scratch),
            reinterpret_cast<C*>(limits),
            reinterpret_cast<Pack*>(limits + limit_bytes)};
  }
  KOKKOS_FORCEINLINE_FUNCTION Place first_place(const Tile& tile, int walker) const {
    return this->moved(this->place(tile.line, tile.segment * sum_segment), walker % packs * W, walker / packs);
  }
  static KOKKOS_FORCEINLINE_FUNCTION int rows_of(const Tile& tile, int walker) {
    return walker % packs < tile.packs ? (tile.terms - walker / packs + sum_lanes - 1) / sum_lanes : 0;
  }
  // A thread's places for a row: of dy, the next one of x.
  static KOKKOS_FORCEINLINE_FUNCTION Pack* row_of(const Tile& tile, int walker, int row) {
    return tile.rows + (row % ahead * 2 * walkers + walker);
  }
  // (the first sum of each of the lines, then the second)
  static KOKKOS_FORCEINLINE_FUNCTION Sum* sum_of(const Tile& tile, int walker, int s) {
    return reinterpret_cast<Sum*>(tile.rows + (s / sums_a_place * walkers + walker)) + s % sums_a_place;
  }
  static KOKKOS_FORCEINLINE_FUNCTION void copy_row(Pack* to, const Place& from) {
    copy_to_scratch(to, from.dy), copy_to_scratch(to + walkers, from.x);
  }
  KOKKOS_FORCEINLINE_FUNCTION Cursor begin(const Tile& tile, int walker) const {
    const Place first = first_place(tile, walker);
    Cursor c{rows_of(tile, walker), first, first.dx};
    KOKKOSQUANT_UNROLL
    for (int r = 0; r < ahead; ++r, c.next = this->moved(c.next, 0, sum_lanes)) {
      if (r < c.rows) copy_row(row_of(tile, walker, r), c.next);
      end_copies();
    }
    return c;
  }
  KOKKOS_INLINE_FUNCTION void add_any(std::int64_t line, const Place& at, Sum (&sum)[K][W]) const {
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
  KOKKOS_FORCEINLINE_FUNCTION void walk_lane(const Tile& tile, int walker, Cursor at) const {
    const int rows = at.rows, pack = walker % packs;
    Quick quick[W];
    C limit = C(0x1p127);
    KOKKOSQUANT_UNROLL
    for (int w = 0; w < W; ++w) {
      quick[w] = tile.quick[w * packs + pack];
      const C of_line = tile.limits[w * packs + pack];
      limit = of_line < limit ? of_line : limit;
    }
    const QuickInputs<T> quick_inputs(limit);
    Sum sum[K][W] = {};
    KOKKOSQUANT_NO_UNROLL
    for (int r = 0; r < rows; ++r) {
      wait_for_all_but<ahead - 1>();
      Pack* const row = row_of(tile, walker, r);
      const Pack dy = row[0], x = row[walkers];
      if (r + ahead < rows) copy_row(row, at.next);
      end_copies();
      if (quick_inputs.hold(x)) {
        C term[W][K];
        *reinterpret_cast<Pack*>(at.dx) = this->template compute_quick<W>(OneEach<Quick>{quick}, dy, x, term);
        KOKKOSQUANT_UNROLL
        for (int w = 0; w < W; ++w)
          for (int q = 0; q < K; ++q) accumulate(sum[q][w], to_double(term[w][q]));
      } else {  // (its place is found again, which keeps registers free)
        add_any(tile.line + pack * W, this->moved(first_place(tile, walker), 0, r * sum_lanes), sum);
      }
      at.next = this->moved(at.next, 0, sum_lanes), at.dx += sum_lanes * get<0>(this->walk.out).inner;
    }
    KOKKOSQUANT_UNROLL
    for (int q = 0; q < K; ++q)
      for (int w = 0; w < W; ++w) *sum_of(tile, walker, q * W + w) = sum[q][w];
  }
};

}  // namespace KokkosQuant::Impl
