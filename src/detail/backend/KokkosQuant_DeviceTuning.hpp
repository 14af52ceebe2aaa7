// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a device's threads cut an array. Bits do not depend on any of it.
#pragma once

#include <cstdint>

namespace KokkosQuant::Impl {

struct DeviceTuning {
  int access_bytes;                // of a vector access
  int loads_in_flight;             // vector accesses that a thread issues before it waits
  int stripe;                      // threads between two accesses of a thread: a multiple of a warp
  int columns_per_token;           // (packs of tokens) columns a thread walks with the constants it has
  std::int64_t largest_launch;     // packs: indices stay below 2^31 with the overhang of a stripe
};
inline constexpr DeviceTuning device_tuning{16, 8, 256, 16, std::int64_t(1) << 30};

}  // namespace KokkosQuant::Impl
