// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The benchmarks: `kokkosquant_perf --help` lists Google Benchmark's options. Sizes by environment:
//   KOKKOSQUANT_PERF_MIB       (host) MiB an array; default: as make_arrays() says
//   KOKKOSQUANT_PERF_ELEMENTS  elements an array; default on a device: 2^28
#include <cstdlib>
#include <iostream>
#include <vector>

#include "KokkosQuantPerf_Context.hpp"
#include "KokkosQuantPerf_Measure.hpp"

namespace KokkosQuantPerf {

Progress& progress() {
  static Progress p;
  return p;
}

static std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtoll(text, nullptr, 10) : otherwise;
}
// All of the machine's last-level caches.
static std::int64_t cache_bytes() {
  std::int64_t largest = 0;
  const auto& cpu = benchmark::CPUInfo::Get();
  for (const auto& cache : cpu.caches) {
    const int instances = cache.num_sharing > 0 ? std::max(1, cpu.num_cpus / cache.num_sharing) : 1;
    largest = std::max<std::int64_t>(largest, static_cast<std::int64_t>(cache.size) * instances);
  }
  return largest;
}
// (host) MiB an array: twice the last-level caches and 64 at least; but where these are large, and most of them are likely to be other
// machines', 128 or as much as the caches.
static SharedArrays make_arrays() {
  const std::int64_t caches = cache_bytes() >> 20,
                     mib = std::max({std::int64_t(64), caches, std::min<std::int64_t>(2 * caches, 128)});
  const std::int64_t elements = from_environment("KOKKOSQUANT_PERF_ELEMENTS", on_host ? 0 : std::int64_t(1) << 28);
  constexpr std::int64_t least_columns = 8;
  return std::make_shared<Arrays>(elements, from_environment("KOKKOSQUANT_PERF_MIB", mib) << 20, least_columns);
}

// One round in place of two where memory is so slow for its arrays that the whole program would take many minutes.
static void choose_rounds(const Arrays& arrays) {
  constexpr double slow = 0.01;  // seconds of a triad
  const Exec exec;
  const Limit triad = limit<2, float, float>(arrays, arrays.elements<float>());
  if (on_host && seconds(exec, 1, [&] { triad.forms.front().run(exec); }) > slow) progress().rounds = 1;
}

}  // namespace KokkosQuantPerf

int main(int argc, char** argv) {
  using namespace KokkosQuantPerf;
  const Kokkos::ScopeGuard kokkos(argc, argv);
  // Ours first: the last of two settings of an option counts.
  std::vector<char*> arguments(argv, argv + argc);
  std::string repetitions = "--benchmark_repetitions=3", aggregates = "--benchmark_report_aggregates_only=true";
  std::string counters = "--benchmark_counters_tabular=true";
  arguments.insert(arguments.begin() + 1, {repetitions.data(), aggregates.data(), counters.data()});
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  add_context();

  const SharedArrays arrays = make_arrays();
  arrays->fill<float>();
  choose_rounds(*arrays);
  add_limits(arrays);
  add_one_row(arrays);
  add_backward(arrays);
  add_backward_16bit(arrays);
  add_forward(arrays);
  add_family(arrays);
  add_packed_rows(arrays);
  add_kokkos_peers(arrays);
#ifdef KOKKOSQUANT_PERF_OPENMP
  add_openmp_peers(arrays);
#endif
#ifdef KOKKOSQUANT_PERF_KERNELS
  add_kernels_peers(arrays);
#endif
  benchmark::RunSpecifiedBenchmarks();
  benchmark::ClearRegisteredBenchmarks();  // they hold the arrays, which Kokkos must outlive
  benchmark::Shutdown();
  if (const int failures = progress().failures; failures > 0) {
    std::cerr << failures << " measurements failed\n";
    return 1;
  }
  return 0;
}
