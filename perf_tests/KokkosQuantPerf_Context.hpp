// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the results were measured with, for the "context" of the JSON file.
#pragma once

#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>
#include <string>

#include "KokkosQuantPerf_Problem.hpp"
#include "KokkosQuantPerf_Revision.hpp"

namespace KokkosQuantPerf {

inline std::string compiler() {
#if defined(__CUDACC__)
  std::string name = "nvcc " + std::to_string(__CUDACC_VER_MAJOR__) + "." + std::to_string(__CUDACC_VER_MINOR__) + " with ";
#else
  std::string name;
#endif
#if defined(__clang__)
  return name + "clang " + __clang_version__;
#elif defined(__GNUC__)
  return name + "gcc " + __VERSION__;
#else
  return name + "unknown";
#endif
}
inline std::string instruction_set() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__x86_64__)
  return "x86-64 baseline";
#else
  return "unknown";
#endif
}
inline std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

// Kokkos prints "  key: value" lines.
inline void add_kokkos_configuration() {
  std::ostringstream text;
  Kokkos::print_configuration(text, true);
  std::istringstream lines(text.str());
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    const auto first = line.find_first_not_of(" \t"), value = line.find_first_not_of(" \t", colon + 1);
    if (colon == std::string::npos || value == std::string::npos || first >= colon) continue;
    benchmark::AddCustomContext("Kokkos " + line.substr(first, colon - first), line.substr(value));
  }
}

inline void add_context() {
  benchmark::AddCustomContext("git_revision", git_revision);
  benchmark::AddCustomContext("compiler", compiler());
  benchmark::AddCustomContext("instruction_set", instruction_set());
  benchmark::AddCustomContext("processor", processor());
  benchmark::AddCustomContext("execution_space", Exec::name());
  benchmark::AddCustomContext("concurrency", std::to_string(Exec().concurrency()));
  benchmark::AddCustomContext("kokkos_version", std::to_string(KOKKOS_VERSION));
  add_kokkos_configuration();
}

}  // namespace KokkosQuantPerf
