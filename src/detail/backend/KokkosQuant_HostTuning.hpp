// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the host's threads cut an array into tasks. Bits do not depend on any of it.
#pragma once

#include <cstdint>

namespace KokkosQuant::Impl {

struct HostTuning {
  std::int64_t task_elements = 1 << 14;  // elements a task, so that a task is longer than handing it out
  std::int64_t tile_tokens = 1 << 10;    // (packs of tokens) rows a task: their constants stay in the first-level cache
  std::int64_t tile_columns = 1 << 6;    // (packs of tokens) columns a task, at least
  std::int64_t strided_tile = 1 << 6;    // (strided) inner elements a task: cache lines are used up before they leave
};
inline constexpr HostTuning host_tuning{};

}  // namespace KokkosQuant::Impl
