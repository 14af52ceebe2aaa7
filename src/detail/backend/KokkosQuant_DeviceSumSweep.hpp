// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One pass over an array that also leaves a sum for every segment of a line, on a device. Along a line 16 / W threads share a
// segment, each with W of its lanes; across lines a thread has a segment of its own.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_SumLevels.hpp"
#include "KokkosQuant_DeviceSweep.hpp"

namespace KokkosQuant::Impl {

// The value of the thread that is so many further on, in a group of Size neighbours that all call it: a power of two of them,
// at most a warp, and index 0 of the launch starts the first group. (Kokkos gives neighbours in a warp neighbouring indices.)
template <int Size>
KOKKOS_FORCEINLINE_FUNCTION double from_neighbour(double value, [[maybe_unused]] int further) {
#if defined(__CUDA_ARCH__)
  unsigned lane;
  asm("mov.u32 %0, %%laneid;" : "=r"(lane));
  constexpr unsigned group = static_cast<unsigned>((std::uint64_t(1) << Size) - 1);
  return __shfl_down_sync(group << (lane & ~static_cast<unsigned>(Size - 1)), value, static_cast<unsigned>(further), Size);
#elif defined(__HIP_DEVICE_COMPILE__)
  return __shfl_down(value, static_cast<unsigned>(further), Size);
#else
  return value;
#endif
}
template <int Size>
KOKKOS_FORCEINLINE_FUNCTION PlainSum<double> from_neighbour(const PlainSum<double>& s, int further) {
  return {from_neighbour<Size>(s.sum, further)};
}
template <int Size>
KOKKOS_FORCEINLINE_FUNCTION CompensatedSum<double> from_neighbour(const CompensatedSum<double>& s, int further) {
  return {from_neighbour<Size>(s.sum, further), from_neighbour<Size>(s.error, further)};
}

// A part of an array: lines and segments from the first ones on.
template <class Element, class T, class Sink>
struct DeviceSumSweep {
  using C = typename Element::compute;
  using Sum = sum_of<C>;
  using Constants = typename Element::cell_constants;
  using Quick = decltype(std::declval<const Element&>().quick_constants(std::declval<const typename Element::CellData&>()));
  static constexpr int K = Element::sums;
  static constexpr int in_flight = 4;  // accesses of each input

  Element element;
  Operands<Outputs<T>, Inputs<T, T>> walk;
  Sink sink;
  std::int64_t first_line, first_segment;
  Divider inner;  // segments (along), lines (across) of this launch

  // W neighbours at each of U places, 16 terms from one to the next. Loads come before the first of them is used.
  template <int W>
  struct Batch {
    Chunk<T, W> a[in_flight], b[in_flight];
    bool whole[in_flight];  // all W are there
  };
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Batch<W> load(std::int64_t line, std::int64_t first, std::int64_t left) const {
    Batch<W> batch;
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < in_flight; ++u) {
      batch.whole[u] = u * sum_lanes + W <= left;
      if (batch.whole[u]) {
        batch.a[u] = *chunk<W>(get<0>(walk.in), line, first + u * sum_lanes);
        batch.b[u] = *chunk<W>(get<1>(walk.in), line, first + u * sum_lanes);
      }
    }
    return batch;
  }
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void compute(const Quick& quick, const Batch<W>& batch, std::int64_t line, std::int64_t first,
                                           std::int64_t left, Sum (&sum)[K][W]) const {
    KOKKOSQUANT_UNROLL
    for (int u = 0; u < in_flight; ++u) {
      Chunk<T, W> out;
      C term[W][K];
      bool done = batch.whole[u] && quick.quick;
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W; ++w) {
        C result;
        done = done & element.apply_quick(quick, result, term[w], batch.a[u].template get<C>(w), batch.b[u].template get<C>(w));
        out.set(w, result);
      }
      const std::int64_t at = first + u * sum_lanes;
      if (done) {
        *chunk<W>(get<0>(walk.out), line, at) = out;
        KOKKOSQUANT_UNROLL
        for (int w = 0; w < W; ++w)
          for (int q = 0; q < K; ++q) accumulate(sum[q][w], to_double(term[w][q]));
      } else if (u * sum_lanes < left) {
        any(line, at, left - u * sum_lanes, sum);
      }
    }
  }
  // Any constants and inputs, one element after the other.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void any(std::int64_t line, std::int64_t first, std::int64_t left, Sum (&sum)[K][W]) const {
    const Constants k = element.constants(element.cell_data(line, 0));
    for (int i = 0; i < W && i < left; ++i) {
      C result, term[K];
      element.apply_any(k, result, term, widen<C>(*get<0>(walk.in).at(line, first + i)),
                        widen<C>(*get<1>(walk.in).at(line, first + i)));
      *get<0>(walk.out).at(line, first + i) = narrow<T>(result);
      KOKKOSQUANT_UNROLL
      for (int w = 0; w < W; ++w)  // (a sum with an index that changes would not stay in registers)
        for (int q = 0; q < K; ++q)
          if (w == i) accumulate(sum[q][w], to_double(term[q]));
    }
  }
  template <int W, class U>
  static KOKKOS_FORCEINLINE_FUNCTION auto chunk(const Lines<U>& lines, std::int64_t o, std::int64_t i) {
    using Of = std::conditional_t<std::is_const_v<U>, const Chunk<T, W>, Chunk<T, W>>;
    return reinterpret_cast<Of*>(lines.at(o, i));
  }

  // W lanes a thread, neighbours in memory where W > 1.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void along(std::uint32_t thread) const {
    constexpr int threads = sum_lanes / W;
    const std::uint32_t group = thread / threads, t = thread % threads, of_line = inner.quotient(group);
    const std::int64_t line = first_line + of_line, segment = first_segment + (group - of_line * inner.divisor);
    const std::int64_t first = segment * sum_segment + static_cast<int>(t) * W, left = walk.n_inner - first;
    const Quick quick = element.quick_constants(element.cell_data(line, 0));
    Sum sum[K][W] = {};
    for (int j = 0; j < sum_segment && j < left; j += in_flight * sum_lanes)
      compute(quick, load<W>(line, first + j, left - j), line, first + j, left - j, sum);
    Sum cell[K];
    KOKKOSQUANT_UNROLL
    for (int q = 0; q < K; ++q) {
      KOKKOSQUANT_UNROLL
      for (int further = threads / 2; further > 0; further /= 2) {
        KOKKOSQUANT_UNROLL
        for (int w = 0; w < W; ++w) accumulate(sum[q][w], from_neighbour<threads>(sum[q][w], further));
      }
      cell[q] = sum_by_halves<W>(sum[q]);
    }
    if (t == 0) sink.put(line, segment, cell);
  }

  // The lanes one after the other, in the order in which halves have both their parts soonest.
  KOKKOS_FORCEINLINE_FUNCTION void across(std::uint32_t thread) const {
    const std::uint32_t of_segment = inner.quotient(thread);
    const std::int64_t line = first_line + (thread - of_segment * inner.divisor), segment = first_segment + of_segment;
    const std::int64_t first = segment * sum_segment, behind = walk.n_inner - first;
    const std::int64_t left = behind < sum_segment ? behind : sum_segment;
    const Quick quick = element.quick_constants(element.cell_data(line, 0));
    Sum waiting[4][K] = {}, sum[K][1];
    for (int i = 0; i < sum_lanes; ++i) {
      const int lane = (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | (i & 8) >> 3;
      for (int q = 0; q < K; ++q) sum[q][0] = {};
      for (int j = lane; j < left; j += in_flight * sum_lanes)
        compute(quick, load<1>(line, first + j, left - j), line, first + j, left - j, sum);
      bool has_other = true;
      KOKKOSQUANT_UNROLL
      for (int level = 0; level < 4; ++level) {
        const bool is_second = ((i >> level) & 1) != 0;
        KOKKOSQUANT_UNROLL
        for (int q = 0; q < K; ++q) {
          if (has_other && is_second) accumulate(sum[q][0], waiting[level][q]);
          if (has_other && !is_second) waiting[level][q] = sum[q][0];
        }
        has_other = has_other && is_second;
      }
    }
    Sum cell[K];
    for (int q = 0; q < K; ++q) cell[q] = sum[q][0];
    sink.put(line, segment, cell);
  }

  template <int W>
  struct Along {
    DeviceSumSweep part;
    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
      part.template along<W>(static_cast<std::uint32_t>(thread));
    }
  };
  struct Across {
    DeviceSumSweep part;
    KOKKOS_FUNCTION void operator()(const std::int32_t thread) const { part.across(static_cast<std::uint32_t>(thread)); }
  };
};

template <class Exec, class Element, class T, class Sink>
struct DeviceSumLaunch {
  using Sums = DeviceSumSweep<Element, T, Sink>;
  using Plan = SumsPlan<Element, T>;
  static constexpr int width = device_tuning.access_bytes / static_cast<int>(sizeof(T));

  static bool fits(const Plan& plan) {
    return plan.mapping != Mapping::packs || all_of(plan.walk, [&](const auto& lines) {
             constexpr std::int64_t bytes = device_tuning.access_bytes;
             return reinterpret_cast<std::uintptr_t>(lines.data) % bytes == 0 &&
                    (plan.walk.n_outer == 1 || lines.outer * static_cast<std::int64_t>(sizeof(T)) % bytes == 0);
           });
  }
  static int pack_width(const Plan& plan) { return plan.mapping == Mapping::packs ? width : 1; }

  static void launch(const Exec& exec, const std::string& label, const Plan& plan, std::int64_t segments, const Sink& sink) {
    if (plan.mapping == Mapping::packs) return launch_along<width>(exec, label, plan, segments, sink);
    if (plan.mapping == Mapping::elements) return launch_along<1>(exec, label, plan, segments, sink);
    parts(plan.walk.n_outer, segments, 1, [&](std::int64_t line, std::int64_t lines, std::int64_t segment, std::int64_t n) {
      launch_threads(exec, label, lines * n,
                     typename Sums::Across{{plan.element, plan.walk, sink, line, segment, divider(lines)}});
    });
  }

 private:
  template <int W>
  static void launch_along(const Exec& exec, const std::string& label, const Plan& plan, std::int64_t segments,
                           const Sink& sink) {
    constexpr int threads = sum_lanes / W;
    parts(plan.walk.n_outer, segments, threads,
          [&](std::int64_t line, std::int64_t lines, std::int64_t segment, std::int64_t n) {
            launch_threads(exec, label, lines * n * threads,
                           typename Sums::template Along<W>{{plan.element, plan.walk, sink, line, segment, divider(n)}});
          });
  }
  // f(first line, lines, first segment, segments) of launches with 32-bit indices
  template <class F>
  static void parts(std::int64_t lines, std::int64_t segments, std::int64_t threads, const F& f) {
    constexpr std::int64_t largest = device_tuning.largest_launch;
    const std::int64_t some_segments = std::min(segments, largest / threads);
    const std::int64_t some_lines = std::min(lines, std::max<std::int64_t>(1, largest / (threads * some_segments)));
    for (std::int64_t s = 0; s < segments; s += some_segments)
      for (std::int64_t l = 0; l < lines; l += some_lines)
        f(l, std::min(some_lines, lines - l), s, std::min(some_segments, segments - s));
  }
  static Divider divider(std::int64_t d) { return Divider(static_cast<std::uint32_t>(d)); }
  template <class Functor>
  static void launch_threads(const Exec& exec, const std::string& label, std::int64_t threads, const Functor& functor) {
    static_assert(sizeof(Functor) < 512, "larger functors go through constant memory, with a wait");
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int32_t>>(exec, 0, static_cast<std::int32_t>(threads)),
        functor);
  }
};

}  // namespace KokkosQuant::Impl
