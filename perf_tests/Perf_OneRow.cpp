// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One row of 4096 elements, in the caches: what a launch costs, beside the same loop without one.
#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {

struct Nothing {
  KOKKOS_FUNCTION void operator()(int) const {}
};

// As fast as a loop for one row can be written by hand: selects on bits, so that it is compiled to vectors.
static void bare_loop(const float* dy, const float* x, float scale, int zero_point, float* dx, std::int64_t columns) {
  const float t_min = static_cast<float>(range.q_min - zero_point) - 0.5f,
              t_max = static_cast<float>(range.q_max - zero_point) + 0.5f;
  for (std::int64_t d = 0; d < columns; ++d) {
    const float t = x[d] / scale, g = dy[d] / scale;
    const bool inside = (t >= t_min) & (t <= t_max);
    dx[d] = inside ? g : 0.0f;
  }
}

void add_one_row(const SharedArrays& arrays) {
  constexpr std::int64_t columns = 4096;
  using Problem = BackwardProblem<float, Right>;
  add(row_name(Problem::name, type_name<float>, Right::name, 1, columns), [=](benchmark::State& state) {
    arrays->fill<float>();
    const Exec exec;
    const Problem problem(*arrays, 1, columns);
    const auto plan = problem.plan(exec);
    constexpr int calls = 1000;
    measure(state, exec, problem.limit(*arrays),
            {problem.bytes(), [&] { plan.run(); }, [&](const Exec&) { return problem.check(0); }, calls, false});

    const double op = best_seconds(exec, calls, [&] { plan.run(); });
    const double nothing = best_seconds(exec, calls, [&] {
      Kokkos::parallel_for("KokkosQuantPerf::nothing", Kokkos::RangePolicy<Exec>(exec, 0, 1), Nothing{});
    });
    state.counters["empty_launch_microseconds"] = 1e6 * nothing;
    double bare = 0;
    if constexpr (on_host)
      bare = best_seconds(exec, calls, [&] {
        bare_loop(problem.dy.data(), problem.x.data(), problem.scale(0), problem.zero_point(0), problem.dx.data(), columns);
        benchmark::ClobberMemory();
      });
    state.counters["overhead_microseconds"] = 1e6 * (op - bare);
  });
}

}  // namespace KokkosQuantPerf
