// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a device's threads cut an array. Bits do not depend on any of it.
#pragma once

#include <cstdint>

namespace KokkosQuant::Impl {

// Tests define it: the walk of devices, done by the host's threads, in launches so small that there are several.
#ifdef KOKKOSQUANT_DEVICE_WALK_ON_HOST
inline constexpr bool device_walk_on_host = true;
#else
inline constexpr bool device_walk_on_host = false;
#endif

// Measured on an H200, 2^28 elements, fraction of the best triad (backward) or copy (quantize) of the same bytes:
struct DeviceTuning {
  int access_bytes;    // of a vector access; single elements reach a third of the limit in 16 bits. (Packs, DeviceAlignment:
                       // quantize to int8, D = 1024, 2, 4, 8 doubles: 0.85, 0.98, 0.99; 4, 8 floats: 0.96, 1.00; to int4, 8, 16
                       // bfloat16: 0.82, 0.94)
  int packs_a_thread;  // loaded before the first is used. Backward, bfloat16: 2: 0.95, 4: 1.00; quantize, float:
                       // 4: 0.92, 8: 0.91 (double 0.83, 0.73: registers)
  int stripe;          // threads between two packs of a thread, a warp at least: the nearer, the more of them share
                       // a row and its constants. Quantize, float, D = 1024: 32: 0.91, 256: 0.81
  // Lanes that differ, where single elements are walked: columns a thread walks with the constants it has (32 at most), and at least where
  // there are not enough threads. Blocks of 128 threads, 5 at once leave 102 registers for a thread.
  int columns_a_token, least_columns_a_token;
  std::int64_t enough_threads;
  int lanes_block, lanes_blocks_at_once;
  // Packs of a line that neighbours take down all lines: of more, constants are no longer in the second-level cache when they are needed
  // again, of fewer, memory sees more columns at a time. Backward, bfloat16, D = 64, 1024, 2^13: 0.92, 0.96, 2^15: 0.92, 0.98, 2^17: 0.88,
  // 0.98, 2^19: 0.80, 0.98.
  std::int64_t strip_packs;
  int sector_bytes;  // that memory moves as one: packs of a thread start with one, where enough columns do alike. Backward,
                     // bfloat16, D = 1000 (an H100): 16: 0.83, 32: 0.91
  // What the caches and the memory move together; from here on rows are far from each other. Learned scales in 16 bits across lines, tiles of
  // 8 and 16 packs a row (H200): rows of 2000 bytes 0.73, 0.82, LayoutLeft, 2^19 bytes from row to row, 0.83, 0.86, rows of 2^11 bytes 0.90,
  // 0.87, LayoutLeft, 64 rows, 0.64, 0.58.
  int request_bytes;
  std::int64_t far_bytes;
  std::int64_t largest_launch;  // packs: indices stay below 2^31 with the overhang of a stripe
  // Arrays contiguous along different axes: packs and lines of a tile, threads that have one, teams of them at once. (H100, backward,
  // bfloat16, x or dy LayoutLeft, D = 4096, tiles at once 2, 3, 4: 0.46, 0.58, 0.50; 32 lines: 0.51.)
  int tile_packs, tile_lines, tile_team, tiles_at_once;
  // Scales found from the data:
  // (H100, DynamicQuantizePerToken to int8, TB/s of 3.0, float / bfloat16. Earlier kernels on an H200, of 4.3: teams of several cells of 256,
  // 128 threads, LayoutLeft: 1.3 / 0.9, 1.5 / 1.0.)
  int kept_bytes, kept_elements;  // of x that a thread holds at most between the range and the codes; of cells anywhere
  int least_group;                // threads that share a cell, where it has packs for them. D = 128, 4, 2: 3.0 / 2.4, 3.0 / 3.0
  int team_threads;               // of a team that has several cells, or a tile of them
  int largest_team;               // threads of a team that has one cell
  // Teams on a multiprocessor: of one cell (D = 4096, 3 with 80 registers, 2: - / 2.7, 2.9 / 2.9), of several along lines (D = 1024, 6, 5:
  // - / 2.8, 3.1 / 3.0), of several across. One more where packs are one access, of float for several cells alone (H200, fractions,
  // DynamicFakeQuantizePerToken, D = 128, 1024, 4096, 16384: bfloat16 0.76, 0.80, 0.75, 0.69 without, 0.76, 0.86, 0.83, 0.78 with; float
  // 0.89, 0.92, 0.92, 0.83 and 0.94, 0.96, 0.86, 0.80; double loses).
  int teams_at_once, teams_of_groups_at_once, teams_across_at_once;
  std::int64_t team_elements;  // of a cell that a team has; larger ones are cut
  std::int64_t part_elements;  // into parts of so many
  // (cells across lines) of a line that a team has. H200, LayoutLeft, int8, D = 128, 1024, 64, 128, 256, 512: bfloat16 0.5, 0.8, 1.1, 1.2 and
  // 1.0, 1.2, 1.3, 1.3 (D = 4096: 1.2, 1.3, 1.3, 0.8), float 0.9, 1.5, 1.8, 1.6 and 1.3, 1.4, 1.4, 1.4
  int across_bytes;
  // (the same, held) words of x that a thread has at most between the range and the codes; threads of a team at least, where narrower tiles
  // do, at most. Two of 512 for bfloat16 of D = 1024, or one of 1024 with lines twice as wide: 3.3, 2.5 TB/s (H200)
  int held_words;
  std::int64_t least_held_team, held_team, largest_held_team;
  // Cells that follow each other without gaps: packs of a thread (of one access each), threads of a team at least where it has several
  // cells, at most. H200, DynamicQuantizePerToken, bfloat16 with zero points, D = 128, 1024, 4096, 16384: 8 packs, 64 registers, 0.97,
  // 0.98, 0.99, 0.99; 4 packs, 40 registers 0.86, 0.89, 0.89, 0.84, 64 registers 0.80, 0.83, 0.82, 0.74; 8 packs, 80 registers, 256
  // threads 0.88, 0.88, 0.90, 0.90. (DynamicFakeQuantize: 0.95 to 0.96, 0.95 to 0.97, 0.85 to 0.91, 0.95 to 0.96)
  int packs_together, least_team_together, largest_team_together;
  int team_scratch;  // that Kokkos has for the largest team
};
inline constexpr DeviceTuning device_tuning{
    .access_bytes = 16,
    .packs_a_thread = 4,
    .stripe = 32,
    .columns_a_token = 32,
    .least_columns_a_token = 4,
    .enough_threads = 1 << 17,
    .lanes_block = 128,
    .lanes_blocks_at_once = 5,
    .strip_packs = device_walk_on_host ? 32 : 1 << 15,
    .sector_bytes = 32,
    .request_bytes = 128,
    .far_bytes = 1 << 18,
    .largest_launch = std::int64_t(1) << (device_walk_on_host ? 12 : 30),
    .tile_packs = 8,
    .tile_lines = 64,
    .tile_team = 256,
    .tiles_at_once = 3,
    .kept_bytes = 128,
    .kept_elements = 32,
    .least_group = 2,
    .team_threads = 128,
    .largest_team = 256,
    .teams_at_once = 2,
    .teams_of_groups_at_once = 5,
    .teams_across_at_once = 4,
    .team_elements = 1 << 17,
    .part_elements = 1 << 15,
    .across_bytes = 256,
    .held_words = 32,
    .least_held_team = 128,
    .held_team = 512,
    .largest_held_team = 1024,
    .packs_together = 8,
    .least_team_together = 128,
    .largest_team_together = 1024,
    .team_scratch = 40000,
};

}  // namespace KokkosQuant::Impl
