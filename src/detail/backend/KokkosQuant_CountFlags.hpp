// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The number of flags that are set in a mask, by integer atomics: whatever their order, the same number. Asynchronous, two
// kernels: the count is set to 0, then added to by tasks of many bytes each, neighbours on a device taking neighbouring bytes.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "../KokkosQuant_KokkosCompat.hpp"
#include "../KokkosQuant_Operands.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

namespace KokkosQuant::Impl {

KOKKOS_FORCEINLINE_FUNCTION std::uint64_t bits_set(std::uint64_t w) {
  w -= (w >> 1) & 0x5555555555555555u;
  w = (w & 0x3333333333333333u) + ((w >> 2) & 0x3333333333333333u);
  w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (w * 0x0101010101010101u) >> 56;
}

template <class Count>
struct ZeroCount {
  Count* count;
  KOKKOS_FUNCTION void operator()(const std::int64_t) const { *count = 0; }
};
template <class Exec, class Count>
struct AddFlags {
  static constexpr bool on_host = host_space<Exec> && !device_walk_on_host;
  static constexpr std::int64_t bytes_a_task = on_host ? 1 << 12 : 1 << 6;

  Lines<const mask8_t> bytes;
  std::int64_t n, tasks;  // of a line
  Count* count;

  KOKKOS_FUNCTION void operator()(const std::int64_t task) const {
    const std::int64_t line = task / tasks, t = task - line * tasks;
    const mask8_t* const from = bytes.data + line * bytes.outer;
    std::int64_t i = on_host ? t * bytes_a_task : t;
    const std::int64_t end = on_host && n - i > bytes_a_task ? i + bytes_a_task : n, step = on_host ? 1 : tasks;
    std::uint64_t flags = 0;
    if (on_host && bytes.inner == 1)
      for (; i + 8 <= end; i += 8) {
        std::uint64_t word;
        __builtin_memcpy(&word, from + i, 8);
        if (word != 0) flags += bits_set(word);
      }
    for (; i < end; i += step) flags += bits_set(from[i * bytes.inner].byte);
    if (flags != 0) Kokkos::atomic_add(count, static_cast<Count>(flags));
  }
};

template <class Exec, class Count>
class CountFlags {
 public:
  // Of a mask for rows x columns elements; what lies behind their last bit in a byte is 0.
  CountFlags(const Matrix<mask8_t>& mask, std::int64_t rows, std::int64_t columns, Count* count) : add_{{}, 0, 0, count} {
    const auto up = [](std::int64_t flags) { return packed_extent<mask8_t>(flags); };
    std::int64_t n = mask.packed_down ? up(rows) : rows, d = mask.packed_down ? columns : up(columns);
    std::int64_t outer = mask.row, inner = mask.column;
    if (n > 1 && outer < inner) std::swap(n, d), std::swap(outer, inner);
    if (outer == d * inner) d *= n, n = 1;  // no gaps: one line
    add_.bytes = {mask.data, outer, inner};
    add_.n = d;
    add_.tasks = (d + add_.bytes_a_task - 1) / add_.bytes_a_task;
    lines_ = n;
  }
  void zero(const Exec& exec, const std::string& label) const { launch(exec, label, 1, ZeroCount<Count>{add_.count}); }
  void add(const Exec& exec, const std::string& label) const {
    if (lines_ * add_.tasks > 0) launch(exec, label, lines_ * add_.tasks, add_);
  }

 private:
  template <class Functor>
  static void launch(const Exec& exec, const std::string& label, std::int64_t tasks, const Functor& functor) {
    Kokkos::parallel_for(label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, tasks), functor);
  }

  AddFlags<Exec, Count> add_;
  std::int64_t lines_;
};

}  // namespace KokkosQuant::Impl
