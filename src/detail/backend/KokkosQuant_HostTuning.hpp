// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the host's threads cut an array into tasks. Bits do not depend on any of it.
#pragma once

#include <cstdint>

namespace KokkosQuant::Impl {

struct HostTuning {
  // Elements a task, so that a task is longer than handing it out; and of large arrays, while there are so many tasks for each thread:
  // a task ends with a wait for its stores past the caches. Two threads of a Xeon, bfloat16: 2^17 is 1.02 to 1.06 times as fast as 2^14.
  std::int64_t task_elements = 1 << 14, large_task_elements = 1 << 17, tasks_a_thread = 1 << 3;
  int batch_cells = 1 << 6;          // (packs) cells whose constants are computed at once: D = 8, double 1.3 times 2^8
  int least_cell_inside = 1 << 4;    // elements of cells for which blocks are asked whether all is inside: D = 8, mask 0.8
  int tile_positions = 1 << 12;      // (packs of tokens) rows a task: their constants stay in the second-level cache
  std::int64_t tile_lines = 1 << 6;  // (packs of tokens) columns a task, at least
  int lines_at_once = 4;             // (packs of tokens) columns that share what is loaded of the constants
  int coded_lines_at_once = 8;       // the same, of codes in bytes, D = 4096: 4 0.9, 2 0.6 times as fast; D = 128: 4 1.2
  // (the same) lines of so many bytes of one constant, without gaps between them, are walked one by one: their constants stay in the
  // first-level cache, and memory sees one stream. D = 1024 1.1-2 times as fast as several at once; D = 64 0.8, D = 4096 0.5.
  std::int64_t least_line_alone = 1 << 10, longest_line_alone = 1 << 12;
  std::int64_t folded_positions = 1 << 10;  // (the same) of short lines that are walked as one
  int cell_positions = 1 << 8;              // (cells across lines) positions that are reduced at once
  int tile_sum_bytes = 1 << 18;             // (sums across lines) of the 16 sums of each line of a task: 2^15 0.6 times as fast
  std::int64_t cached_elements = 1 << 18;   // of a cell: those of larger ones are no longer at hand when its scale is known
  std::int64_t strided_tile = 1 << 6;       // (strided) inner elements a task: cache lines are used up before they leave
  // Outputs this large go past the caches, in lines of so many elements at least or of whole cache lines. With 32 MiB of last-level cache that is
  // 1.0 times as fast for outputs of 2 and 4 MiB, 1.2-1.6 times at 8, 1.2-1.8 times beyond.
  std::int64_t streaming_bytes = 8 << 20;
  std::int64_t streaming_line = 1 << 9;
  // Bytes; where outputs are that large, inputs are asked for before they are read: a core foresees too little of one or two streams.
  // Two threads of a Xeon, quantize and backward, floats and bfloat16: without 0.65-0.9, 2^11 0.9-1.1, 2^13 0.9-1.0 times as fast; to the
  // second-level cache 0.94-0.97, past the caches 0.8.
  std::int64_t large_input_ahead = 1 << 12;
};
inline constexpr HostTuning host_tuning{};
inline constexpr int cache_line = 64;

}  // namespace KokkosQuant::Impl
