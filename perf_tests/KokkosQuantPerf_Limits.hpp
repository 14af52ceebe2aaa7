// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What memory allows: kernels that move the bytes of an op and compute next to nothing. There is no one best way to
// move them, so there are several forms, and the limit is the fastest of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "KokkosQuantPerf_Problem.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace KokkosQuantPerf {

struct Limit {
  struct Form {
    std::string name;
    std::function<void(const Exec&)> run;
  };
  double bytes;             // moved by one run
  std::vector<Form> forms;  // on the host the first one has plain stores
};

// A cache line on the host, a vector access on a device.
struct alignas(on_host ? 64 : 16) Pack {
  static constexpr int words = on_host ? 16 : 4;
#if defined(__CUDACC__)
  std::uint32_t word[words];
  KOKKOS_FORCEINLINE_FUNCTION void add(const Pack& other) {
    for (int j = 0; j < words; ++j) word[j] += other.word[j];
  }
  KOKKOS_FORCEINLINE_FUNCTION void add(std::uint32_t value) {
    for (int j = 0; j < words; ++j) word[j] += value;
  }
#else  // (arrays are copied in halves by gcc for Intel's processors, and a load of the whole then waits)
  std::uint32_t word __attribute__((vector_size(words * sizeof(std::uint32_t))));
  void add(const Pack& other) { word += other.word; }
  void add(std::uint32_t value) { word += value; }
#endif
};

// A step reads Reads packs of each of Inputs arrays and writes the sum Writes times. Packs of consecutive steps of a
// stripe lie side by side.
template <int Inputs, int Reads, int Writes>
struct Traffic {
  static constexpr std::int64_t stripe = on_host ? 1 : 256;
  const Pack* in[Inputs];
  Pack* out;
  std::int64_t steps;

  static KOKKOS_FORCEINLINE_FUNCTION std::int64_t at(std::int64_t step, int j, int packs) {
    return (step / stripe * packs + j) * stripe + step % stripe;
  }
  KOKKOS_FORCEINLINE_FUNCTION void load(Pack (&packs)[Inputs * Reads], std::int64_t step) const {
    for (int i = 0; i < Inputs; ++i)
      for (int r = 0; r < Reads; ++r) packs[i * Reads + r] = in[i][at(step, r, Reads)];
  }
  static KOKKOS_FORCEINLINE_FUNCTION Pack sum(const Pack (&packs)[Inputs * Reads], int w) {
    Pack all = packs[0];
    for (int p = 1; p < Inputs * Reads; ++p) all.add(packs[p]);
    if (w > 0) all.add(static_cast<std::uint32_t>(w));
    return all;
  }
};

// Non-temporal stores do not read a line before they write it.
inline void store_streaming(Pack* to, const Pack& value) {
#if defined(__AVX512F__)
  if constexpr (sizeof(Pack) == 64) return _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_load_si512(&value));
#endif
#if defined(__SSE2__)
  for (std::size_t j = 0; j < sizeof(Pack) / 16; ++j)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to) + j, _mm_load_si128(reinterpret_cast<const __m128i*>(&value) + j));
#else
  *to = value;
#endif
}

// Ahead: inputs are asked for 4 KiB before they are read. A core that has one input to read foresees too little of it: on a Zen 4
// in a virtual machine the copy of floats to bytes moves 47 instead of 29 GB/s.
template <class T, bool Streaming, bool Ahead>
struct TrafficOnHost;
template <int Inputs, int Reads, int Writes, bool Streaming, bool Ahead>
struct TrafficOnHost<Traffic<Inputs, Reads, Writes>, Streaming, Ahead> {
  static constexpr std::int64_t task = 4096;  // steps
  static constexpr std::int64_t packs_ahead = 4096 / sizeof(Pack);
  Traffic<Inputs, Reads, Writes> traffic;

  void operator()(const std::int64_t t) const {
    const std::int64_t end = std::min(traffic.steps, (t + 1) * task);
    for (std::int64_t step = t * task; step < end; ++step) {
      if constexpr (Ahead)
        for (int i = 0; i < Inputs; ++i)
          for (int r = 0; r < Reads; ++r) __builtin_prefetch(traffic.in[i] + (traffic.at(step, r, Reads) + packs_ahead));
      Pack packs[Inputs * Reads];
      traffic.load(packs, step);
      for (int w = 0; w < Writes; ++w) {
        Pack* const to = traffic.out + traffic.at(step, w, Writes);
        if constexpr (Streaming)
          store_streaming(to, traffic.sum(packs, w));
        else
          *to = traffic.sum(packs, w);
      }
    }
#if defined(__SSE2__)
    if (Streaming) _mm_sfence();
#endif
  }
};

template <class T, int Packs>
struct TrafficOnDevice;
template <int Inputs, int Reads, int Writes, int Packs>
struct TrafficOnDevice<Traffic<Inputs, Reads, Writes>, Packs> {
  Traffic<Inputs, Reads, Writes> traffic;

  KOKKOS_FUNCTION void operator()(const std::int32_t thread) const {
    constexpr std::int64_t stripe = Traffic<Inputs, Reads, Writes>::stripe;
    const std::int64_t first = thread / stripe * stripe * Packs + thread % stripe;
    Pack packs[Packs][Inputs * Reads];
    for (int p = 0; p < Packs; ++p)
      if (first + p * stripe < traffic.steps) traffic.load(packs[p], first + p * stripe);
    for (int p = 0; p < Packs; ++p)
      if (first + p * stripe < traffic.steps)
        for (int w = 0; w < Writes; ++w) traffic.out[traffic.at(first + p * stripe, w, Writes)] = traffic.sum(packs[p], w);
  }
};

// The limit of an op that reads Inputs arrays of the element type In and writes one of Out, `elements` each.
template <int Inputs, class In, class Out>
Limit limit(const Arrays& arrays, std::int64_t elements) {
  constexpr int in_bytes = sizeof(In), out_bytes = sizeof(Out), least = std::min(in_bytes, out_bytes);
  using T = Traffic<Inputs, in_bytes / least, out_bytes / least>;
  constexpr std::int64_t step_elements = sizeof(Pack) / least;
  T traffic{{}, arrays.data<Pack>(2), elements / (step_elements * T::stripe) * T::stripe};
  for (int i = 0; i < Inputs; ++i) traffic.in[i] = arrays.data<const Pack>(i);

  Limit l{static_cast<double>(traffic.steps) * static_cast<double>(step_elements) * (Inputs * in_bytes + out_bytes), {}};
  const auto add = [&](std::string name, const auto& kernel, std::int64_t range_end) {
    using Index = std::conditional_t<on_host, std::int64_t, std::int32_t>;
    l.forms.push_back({std::move(name), [kernel, range_end](const Exec& exec) {
                         Kokkos::parallel_for(
                             "KokkosQuantPerf::limit",
                             Kokkos::RangePolicy<Exec, Kokkos::IndexType<Index>>(exec, 0, static_cast<Index>(range_end)),
                             kernel);
                       }});
  };
  if constexpr (on_host) {
    constexpr std::int64_t task = TrafficOnHost<T, false, false>::task;
    const std::int64_t tasks = (traffic.steps + task - 1) / task;
    add("plain", TrafficOnHost<T, false, false>{traffic}, tasks);
#if defined(__SSE2__)
    add("streaming", TrafficOnHost<T, true, false>{traffic}, tasks);
    add("streaming_ahead", TrafficOnHost<T, true, true>{traffic}, tasks);
#endif
  } else {
    const auto threads = [&](std::int64_t packs) {
      return (traffic.steps + packs * T::stripe - 1) / (packs * T::stripe) * T::stripe;
    };
    add("1pack", TrafficOnDevice<T, 1>{traffic}, threads(1));
    add("2packs", TrafficOnDevice<T, 2>{traffic}, threads(2));
    add("4packs", TrafficOnDevice<T, 4>{traffic}, threads(4));
  }
  return l;
}

}  // namespace KokkosQuantPerf
