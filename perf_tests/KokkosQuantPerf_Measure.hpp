// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One row of the results: an op and its limit take turns, so that a busy moment of the machine slows both.
#pragma once

#include <benchmark/benchmark.h>

#include <Kokkos_Timer.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "KokkosQuantPerf_Limits.hpp"
#include "KokkosQuantPerf_Problem.hpp"

namespace KokkosQuantPerf {

// Faster than memory by this: the kernel did not run, or not on all of the data. (Where both are at the limit, a busy moment of
// the machine gives 1.2.)
inline constexpr double impossible_fraction = 1.4;

// The row that is measured, and how many had an error.
struct Progress {
  std::string row;
  int failures = 0;
  int rounds = 2;  // of all forms of the limit and the subject in turns; the best of each counts
};
Progress& progress();

// (The reporter leaves out repetitions that failed where it prints medians alone.)
inline void fail(benchmark::State& state, const std::string& message) {
  ++progress().failures;
  std::cerr << "error: " << progress().row << ": " << message << "\n";
  state.SkipWithError(message.c_str());
}

// Seconds a call, behind an untimed one, so that caches and their dirty lines are as the kernel itself leaves them.
template <class Run>
double seconds(const Exec& exec, int calls, const Run& run) {
  run();
  exec.fence();
  const Kokkos::Timer timer;
  for (int c = 0; c < calls; ++c) run();
  exec.fence();
  return timer.seconds() / calls;
}
template <class Run>
double best_seconds(const Exec& exec, int calls, const Run& run) {
  double best = INFINITY;
  for (int round = 0; round < progress().rounds; ++round) best = std::min(best, seconds(exec, calls, run));
  return best;
}

struct Subject {
  double bytes;  // read and written, each once
  std::function<void()> run;
  std::function<std::string(const Exec&)> check;  // what is wrong with the outputs, or nothing
  int calls = on_host ? 1 : 10;                   // a round
  bool beyond_caches = true;
};

inline void measure(benchmark::State& state, const Exec& exec, const Limit& limit, const Subject& subject) {
  for (auto _ : state) {
    const double speed_of_limit = limit.bytes / subject.bytes;
    double fraction = 0, plain = INFINITY, best = INFINITY, time = INFINITY;
    for (int attempt = 0; attempt < 6; ++attempt) {  // a neighbour's burst while the limit is measured is no error
      for (int round = 0; round < progress().rounds; ++round) {
        for (const auto& form : limit.forms) {
          const double t = seconds(exec, subject.calls, [&] { form.run(exec); }) / speed_of_limit;
          if (&form == &limit.forms.front()) plain = std::min(plain, t);
          best = std::min(best, t);
        }
        time = std::min(time, seconds(exec, subject.calls, subject.run));
      }
      fraction = best / time;
      if (!subject.beyond_caches || fraction <= impossible_fraction) break;
    }
    state.SetIterationTime(time);
    state.counters["fraction_of_triad"] = fraction;
    if (on_host) state.counters["fraction_of_plain_triad"] = plain / time;
    if (subject.beyond_caches && fraction > impossible_fraction)
      return fail(state, "faster than memory allows: " + std::to_string(fraction) + " of the limit");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(static_cast<double>(state.iterations()) * subject.bytes));
  if (const std::string wrong = subject.check(exec); !wrong.empty()) fail(state, wrong);
}

// Op/type/space/layout/N/D
inline std::string row_name(const std::string& op, const std::string& type, const std::string& layout, std::int64_t rows,
                            std::int64_t columns) {
  return op + "/" + type + "/" + Exec::name() + "/" + layout + "/" + std::to_string(rows) + "/" + std::to_string(columns);
}
template <class F>
void add(const std::string& name, const F& f) {
  // (Google Benchmark 1.7 reads statistics that are not there where the first repetition failed and two others did not.)
  const auto failed = std::make_shared<bool>(false);
  const auto run = [=](benchmark::State& state) {
    progress().row = name;
    if (*failed) return state.SkipWithError("an earlier repetition failed");
    f(state);
    *failed = state.error_occurred();
  };
  benchmark::RegisterBenchmark(name.c_str(), run)->Iterations(1)->UseManualTime()->Unit(benchmark::kMicrosecond);
}

// Compares sampled outputs: those of ours bit for bit, of peers within a tolerance.
template <class Out, class Expected>
std::string check_outputs(const Out& out, double tolerance, const Expected& expected) {
  using T = typename Out::non_const_value_type;
  const auto rows = static_cast<std::int64_t>(out.extent(0)), columns = static_cast<std::int64_t>(out.extent(1));
  for (const auto& [n, d] : sample(rows, columns)) {
    const T got = element(out, n, d), want = expected(n, d);
    const auto g = static_cast<double>(got), w = static_cast<double>(want);
    const bool same = tolerance == 0 ? std::memcmp(&got, &want, sizeof(T)) == 0 || (g != g && w != w)
                                     : std::abs(g - w) <= tolerance * std::abs(w);
    if (!same)
      return "wrong at (" + std::to_string(n) + ", " + std::to_string(d) + "): " + std::to_string(g) + ", expected " +
             std::to_string(w);
  }
  return {};
}

using SharedArrays = std::shared_ptr<Arrays>;
void add_limits(const SharedArrays&);
void add_one_row(const SharedArrays&);
void add_backward(const SharedArrays&);
void add_backward_16bit(const SharedArrays&);
void add_forward(const SharedArrays&);
void add_family(const SharedArrays&);
void add_packed_rows(const SharedArrays&);
void add_kokkos_peers(const SharedArrays&);
void add_openmp_peers(const SharedArrays&);
void add_kernels_peers(const SharedArrays&);

}  // namespace KokkosQuantPerf
