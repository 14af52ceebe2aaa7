// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The number of flags that are set in a mask, by integer atomics: whatever their order, the same number. Asynchronous, two
// kernels: the count is set to 0, then added to by tasks of many bytes each, neighbours on a device taking neighbouring words. (Bytes
// one by one took 0.07 to 0.12 of QuantizeToErrorBound there.)
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "../KokkosQuant_KokkosCompat.hpp"
#include "../KokkosQuant_Operands.hpp"
#include "KokkosQuant_Arithmetic.hpp"
#include "KokkosQuant_DeviceTuning.hpp"

namespace KokkosQuant::Impl {

KOKKOS_FORCEINLINE_FUNCTION std::uint64_t bits_set(std::uint64_t w) {
#ifdef __CUDA_ARCH__
  return static_cast<std::uint64_t>(__popcll(w));
#else
  w -= (w >> 1) & 0x5555555555555555u;
  w = (w & 0x3333333333333333u) + ((w >> 2) & 0x3333333333333333u);
  w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (w * 0x0101010101010101u) >> 56;
#endif
}

template <class Count>
struct ZeroCount {
  Count* count;
  KOKKOS_FUNCTION void operator()(const std::int64_t) const { *count = 0; }
};
template <class Exec, class Count>
struct AddFlags {
  static constexpr bool on_host = host_space<Exec> && !device_walk_on_host;
  static constexpr int in_flight = 8;
  static constexpr std::int64_t word_bytes = 8, words_a_task = on_host ? 512 : in_flight;
  static constexpr std::int64_t bytes_a_task = word_bytes * words_a_task;

  Lines<const mask8_t> bytes;
  std::int64_t n, tasks;  // of a line
  Count* count;

  KOKKOS_FUNCTION void operator()(const std::int64_t task) const {
    const std::int64_t line = task / tasks, t = task - line * tasks;
    const mask8_t* const from = bytes.data + line * bytes.outer;
    std::uint64_t flags = 0;
    if (bytes.inner == 1) {  // aligned words, and the first task has what stands around them
      const auto ahead = static_cast<std::int64_t>(-reinterpret_cast<std::uintptr_t>(from) % word_bytes);
      const std::int64_t first = ahead < n ? ahead : n, words = (n - first) / word_bytes;
      for (std::int64_t w = 0; w < words_a_task; w += in_flight) {
        std::uint64_t bits[in_flight];
        KOKKOSQUANT_UNROLL
        for (int u = 0; u < in_flight; ++u) {
          const std::int64_t i = on_host ? t * words_a_task + w + u : t + (w + u) * tasks;
          bits[u] = i < words ? aligned_word(from + first + i * word_bytes) : 0;
        }
        KOKKOSQUANT_UNROLL
        for (const std::uint64_t word : bits) flags += bits_set(word);
      }
      if (t == 0) {
        for (std::int64_t i = 0; i < first; ++i) flags += bits_set(from[i].byte);
        for (std::int64_t i = first + words * word_bytes; i < n; ++i) flags += bits_set(from[i].byte);
      }
    } else {
      std::int64_t i = on_host ? t * bytes_a_task : t;
      const std::int64_t end = on_host && n - i > bytes_a_task ? i + bytes_a_task : n, step = on_host ? 1 : tasks;
      for (; i < end; i += step) flags += bits_set(from[i * bytes.inner].byte);
    }
    add(flags);
  }

 private:
  static KOKKOS_FORCEINLINE_FUNCTION std::uint64_t aligned_word(const mask8_t* from) {
    if constexpr (!host_space<Exec>) return *reinterpret_cast<const std::uint64_t*>(from);
    std::uint64_t word;
    __builtin_memcpy(&word, from, sizeof(word));
    return word;
  }
  KOKKOS_FORCEINLINE_FUNCTION void add(std::uint64_t flags) const {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800  // once a warp: half the time of the whole op where flags are all over
    const unsigned lanes = __activemask();
    unsigned before;
    asm("mov.u32 %0, %%lanemask_lt;" : "=r"(before));
    flags = __reduce_add_sync(lanes, static_cast<unsigned>(flags));
    if ((lanes & before) != 0) return;
#endif
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
