// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The problems: Views of each op, what it should compute, and the bytes it moves. Peers are measured on the same.
#pragma once

#include "KokkosQuantPerf_Measure.hpp"

namespace KokkosQuantPerf {

template <class T>
KokkosQuant::AffineQuantizer<KokkosQuant::compute_t<T>> quantizer(T scale, int zero_point) {
  return {static_cast<KokkosQuant::compute_t<T>>(scale), zero_point, range};
}

template <class T, class Layout>
struct BackwardProblem {
  using At = Operands<Layout>;
  template <class L>
  using ViewOf = decltype(std::declval<Arrays>().matrix<T>(0, L{}, 0, 0));
  using Data = ViewOf<typename At::dx>;
  using Scale = decltype(std::declval<Arrays>().scales<T>(0));
  using ZeroPoint = decltype(std::declval<Arrays>().zero_points(0));
  static constexpr const char* name = "QuantizePerTokenBackward";
  ViewOf<typename At::dy> dy;
  ViewOf<typename At::x> x;
  Data dx;
  Scale scale;
  ZeroPoint zero_point;

  BackwardProblem(const Arrays& arrays, std::int64_t rows, std::int64_t columns)
      : dy(arrays.matrix<T>(0, typename At::dy{}, rows, columns)),
        x(arrays.matrix<T>(1, typename At::x{}, rows, columns)),
        dx(arrays.matrix<T>(2, typename At::dx{}, rows, columns)),
        scale(arrays.scales<T>(rows)),
        zero_point(arrays.zero_points(rows)) {}

  std::int64_t elements() const { return static_cast<std::int64_t>(dx.extent(0) * dx.extent(1)); }
  double bytes() const {
    return 3.0 * sizeof(T) * static_cast<double>(elements()) + (sizeof(T) + sizeof(int)) * static_cast<double>(dx.extent(0));
  }
  Limit limit(const Arrays& arrays) const { return KokkosQuantPerf::limit<2, T, T>(arrays, elements()); }
  auto plan(const Exec& exec) const {
    return KokkosQuant::QuantizePerTokenBackwardPlan(exec, range,
                                                     KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx});
  }
  std::string check(double tolerance) const {
    return check_outputs(dx, tolerance, [&](std::int64_t n, std::int64_t d) {
      using C = KokkosQuant::compute_t<T>;
      T s, result;
      int z;
      Kokkos::deep_copy(s, Kokkos::subview(scale, n));
      Kokkos::deep_copy(z, Kokkos::subview(zero_point, n));
      result = T(quantizer(s, z).backward(static_cast<C>(element(dy, n, d)), static_cast<C>(element(x, n, d))));
      return result;
    });
  }
};

template <class T, class Layout>
struct QuantizeProblem {
  using Data = decltype(std::declval<Arrays>().matrix<T>(0, Layout{}, 0, 0));
  using Codes = decltype(std::declval<Arrays>().matrix<std::int8_t>(0, Layout{}, 0, 0));
  static constexpr const char* name = "QuantizePerToken";
  Data x;
  Codes q;
  decltype(std::declval<Arrays>().scales<T>(0)) scale;
  decltype(std::declval<Arrays>().zero_points(0)) zero_point;

  QuantizeProblem(const Arrays& arrays, std::int64_t rows, std::int64_t columns)
      : x(arrays.matrix<T>(0, Layout{}, rows, columns)),
        q(arrays.matrix<std::int8_t>(2, Layout{}, rows, columns)),
        scale(arrays.scales<T>(rows)),
        zero_point(arrays.zero_points(rows)) {}

  std::int64_t elements() const { return static_cast<std::int64_t>(q.extent(0) * q.extent(1)); }
  double bytes() const {
    return (sizeof(T) + 1.0) * static_cast<double>(elements()) + (sizeof(T) + sizeof(int)) * static_cast<double>(q.extent(0));
  }
  Limit limit(const Arrays& arrays) const { return KokkosQuantPerf::limit<1, T, std::int8_t>(arrays, elements()); }
  auto plan(const Exec& exec) const {
    return KokkosQuant::QuantizePerTokenPlan(exec, range, KokkosQuant::QuantizePerTokenArgs{x, scale, zero_point, q});
  }
  std::string check(double tolerance) const {
    return check_outputs(q, tolerance, [&](std::int64_t n, std::int64_t d) {
      T s;
      int z;
      Kokkos::deep_copy(s, Kokkos::subview(scale, n));
      Kokkos::deep_copy(z, Kokkos::subview(zero_point, n));
      return static_cast<std::int8_t>(quantizer(s, z).quantize(static_cast<KokkosQuant::compute_t<T>>(element(x, n, d))));
    });
  }
};

template <class T, class Layout>
struct DequantizeProblem {
  using Data = decltype(std::declval<Arrays>().matrix<T>(0, Layout{}, 0, 0));
  using Codes = decltype(std::declval<Arrays>().matrix<std::int8_t>(0, Layout{}, 0, 0));
  static constexpr const char* name = "DequantizePerToken";
  Codes q;
  Data x;
  decltype(std::declval<Arrays>().scales<T>(0)) scale;
  decltype(std::declval<Arrays>().zero_points(0)) zero_point;

  DequantizeProblem(const Arrays& arrays, std::int64_t rows, std::int64_t columns)
      : q(arrays.matrix<std::int8_t>(0, Layout{}, rows, columns)),
        x(arrays.matrix<T>(2, Layout{}, rows, columns)),
        scale(arrays.scales<T>(rows)),
        zero_point(arrays.zero_points(rows)) {}

  std::int64_t elements() const { return static_cast<std::int64_t>(x.extent(0) * x.extent(1)); }
  double bytes() const {
    return (sizeof(T) + 1.0) * static_cast<double>(elements()) + (sizeof(T) + sizeof(int)) * static_cast<double>(x.extent(0));
  }
  Limit limit(const Arrays& arrays) const { return KokkosQuantPerf::limit<1, std::int8_t, T>(arrays, elements()); }
  auto plan(const Exec& exec) const {
    return KokkosQuant::DequantizePerTokenPlan(exec, range, KokkosQuant::DequantizePerTokenArgs{q, scale, zero_point, x});
  }
  std::string check(double tolerance) const {
    return check_outputs(x, tolerance, [&](std::int64_t n, std::int64_t d) {
      T s;
      int z;
      Kokkos::deep_copy(s, Kokkos::subview(scale, n));
      Kokkos::deep_copy(z, Kokkos::subview(zero_point, n));
      return T(quantizer(s, z).dequantize(element(q, n, d)));
    });
  }
};

// A row for `run`, which computes the problem in its own way.
template <class Problem, class Run>
void measure_problem(benchmark::State& state, const Exec& exec, const Arrays& arrays, const Problem& problem, double tolerance,
                     const Run& run) {
  measure(state, exec, problem.limit(arrays), {problem.bytes(), run, [&](const Exec&) { return problem.check(tolerance); }});
}

// A row for the library's plan.
template <template <class, class> class Problem, class T, class Layout>
void add_plan(const SharedArrays& arrays, std::int64_t columns) {
  const std::int64_t rows = arrays->elements<T>() / columns;
  add(row_name(Problem<T, Layout>::name, type_name<T>, Layout::name, rows, columns), [=](benchmark::State& state) {
    arrays->fill<T>();
    const Exec exec;
    const Problem<T, Layout> problem(*arrays, rows, columns);
    const auto plan = problem.plan(exec);
    measure_problem(state, exec, *arrays, problem, 0, [&] { plan.run(); });
  });
}
// A row for a peer: run(exec, problem).
template <template <class, class> class Problem, class T, class Layout, class Run>
void add_peer(const std::string& peer, const SharedArrays& arrays, std::int64_t columns, double tolerance, const Run& run) {
  const std::int64_t rows = arrays->elements<T>() / columns;
  add(row_name(Problem<T, Layout>::name + ("." + peer), type_name<T>, Layout::name, rows, columns),
      [=](benchmark::State& state) {
        arrays->fill<T>();
        const Exec exec;
        const Problem<T, Layout> problem(*arrays, rows, columns);
        measure_problem(state, exec, *arrays, problem, tolerance, [&] { run(exec, problem); });
      });
}

inline constexpr std::int64_t widths[] = {8, 32, 64, 100, 128, 1000, 1024, 4096, 4097, 1 << 16, 1 << 20};
inline constexpr std::int64_t some_widths[] = {64, 1000, 4096};
inline constexpr std::int64_t peer_widths[] = {64, 4096};  // peers are slow

}  // namespace KokkosQuantPerf
