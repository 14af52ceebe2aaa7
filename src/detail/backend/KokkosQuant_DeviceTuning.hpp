// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a device's threads cut an array. Bits do not depend on any of it.
#pragma once

#include <cstdint>

namespace KokkosQuant::Impl {

// Measured on an H200, 2^28 elements, fraction of the best triad (backward) or copy (quantize) of the same bytes:
struct DeviceTuning {
  int access_bytes;             // of a vector access; single elements reach a third of the limit in 16 bits
  int output_bytes;             // of a pack at least, of the narrowest output: codes of 1 or 2 bytes a thread leave stores half
                                // empty. Quantize to int8, D = 1024, double: 2: 0.85, 4: 0.98, 8: 0.99; float: 4: 0.96, 8: 1.00
  int packs_a_thread;           // loaded before the first is used. Backward, bfloat16: 2: 0.95, 4: 1.00; quantize, float:
                                // 4: 0.92, 8: 0.91 (double 0.83, 0.73: registers)
  int stripe;                   // threads between two packs of a thread, a warp at least: the nearer, the more of them share
                                // a row and its constants. Quantize, float, D = 1024: 32: 0.91, 256: 0.81
  int columns_a_token;          // (packs of tokens) columns a thread walks with the constants it has, at most 32
  std::int64_t short_line;      // packs: shorter lines that are no whole packs go in half packs
  std::int64_t largest_launch;  // packs: indices stay below 2^31 with the overhang of a stripe
};
inline constexpr DeviceTuning device_tuning{16, 8, 4, 32, 16, 64, std::int64_t(1) << 30};

}  // namespace KokkosQuant::Impl
