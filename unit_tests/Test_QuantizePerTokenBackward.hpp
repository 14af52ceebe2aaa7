// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The plan QuantizePerTokenBackward against the contract, for one element type: every width and misalignment,
/// layout, role and special value. Included by a file for each element type, which compile beside each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "KokkosQuantTest_RowOps.hpp"

namespace KokkosQuantTest {

using KokkosQuant::QuantizePerTokenBackwardArgs;
using KokkosQuant::QuantizePerTokenBackwardPlan;

/// What a typed test runs with: the layouts of dy, x, dx and of the rows' scales and zero points.
template <class Exec, class T, class Scale, ZeroPoints Zero, class LDy, class LX = LDy, class LDx = LDy,
          class LRow = LayoutRight>
struct BackwardCase {
  using execution_space = Exec;
  using element = T;
  using scale = Scale;
  static constexpr ZeroPoints zero_points = Zero;
  using dy_layout = LDy;
  using x_layout = LX;
  using dx_layout = LDx;
  using row_layout = LRow;
  static std::string name() {
    return std::string(Exec::name()) + "_" + type_name<T>() + "_" + type_name<Scale>() + "Scale_" + layout_name<LDy>() +
           layout_name<LX>() + layout_name<LDx>() + (Zero == ZeroPoints::none ? "_NoZeroPoint" : "");
  }
};

// -------------------------------------------------------------------------------------------------------------
// problems

/// Inputs in rows of D, and what the contract makes of them.
template <class T, class Scale>
struct BackwardProblem {
  std::size_t N, D;
  QuantizeDescriptor range;
  std::vector<T> dy, x;
  std::vector<Scale> scale;
  std::vector<std::int32_t> zero_point;
  std::vector<T> dx;

  void solve() {
    using C = KokkosQuant::compute_t<T>;
    dx.resize(N * D);
    for (std::size_t i = 0; i < N * D; ++i) {
      const std::size_t n = i / D;
      dx[i] = reference_convert<T>(
          static_cast<double>(reference_backward(static_cast<C>(to_double(dy[i])), static_cast<C>(to_double(x[i])),
                                                 static_cast<C>(to_double(scale[n])), zero_point[n], range)));
    }
  }
  std::string where(std::size_t i) const {
    return "dx(" + std::to_string(i / D) + ", " + std::to_string(i % D) + ") of " + std::to_string(N) + " x " +
           std::to_string(D) + ", dy " + show(dy[i]) + ", x " + show(x[i]) + ", scale " + show(scale[i / D]) + ", zero_point " +
           show(zero_point[i / D]) + ", range " + show(range.q_min) + " .. " + show(range.q_max);
  }
};

/// Rows of ties, bounds and special values, each with a scale of its own: half of them everyday ones, half anything.
template <class T, class Scale>
BackwardProblem<T, Scale> adversarial_problem(std::size_t N, std::size_t D, QuantizeDescriptor range, ZeroPoints zero,
                                              std::uint64_t seed) {
  using C = KokkosQuant::compute_t<T>;
  static const std::vector<C> specials = special_values<C>();
  Random random(seed);
  BackwardProblem<T, Scale> p{N, D, range, {}, {}, {}, {}, {}};
  for (std::size_t n = 0; n < N; ++n) {
    const auto [scale, zero_point] = any_row<Scale>(random, zero);
    const std::vector<C> ties = ties_of_row<T>(scale, zero_point, range);
    std::vector<C> hardest = hardest_dividends(static_cast<C>(to_double(scale)));
    hardest.push_back(1);
    for (std::size_t d = 0; d < D; ++d) {
      const std::size_t kind = random.below(8);
      const C dy = kind == 0  ? random.one_of(specials)
                   : kind < 3 ? random.any<C>()
                   : kind < 6 ? random.one_of(hardest)
                              : static_cast<C>(random.uniform(-4, 4));
      p.dy.push_back(reference_convert<T>(static_cast<double>(dy)));
      p.x.push_back(any_x<T>(random, ties));
    }
    p.scale.push_back(scale);
    p.zero_point.push_back(zero_point);
  }
  p.solve();
  return p;
}

// ---------------------------------------------------------------------------------------------------------------
// running

enum class Output { own, in_dy, in_x };

template <class Case>
class BackwardRunner {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::element;
  using Scale = typename Case::scale;
  using Problem = BackwardProblem<T, Scale>;
  template <class Layout>
  using Array = Matrix<T, Layout, Exec>;
  using DyArray = Array<typename Case::dy_layout>;
  using XArray = Array<typename Case::x_layout>;
  using DxArray = Array<typename Case::dx_layout>;
  static constexpr bool one_layout = std::is_same_v<typename Case::dy_layout, typename Case::x_layout> &&
                                     std::is_same_v<typename Case::x_layout, typename Case::dx_layout>;

  /// The plan, run once on these Views and waited for.
  template <class DY, class X, class DX>
  static void launch(const Problem& p, const DY& dy, const X& x, const DX& dx, PlanPreference preference = {}) {
    const Placement apart{1, 0, 3};
    Vector<Scale, typename Case::row_layout, Exec> scale(p.scale, apart);
    Vector<int, typename Case::row_layout, Exec> zero_point(p.zero_point, apart);
    launch(p, dy, x, scale.const_view(), zero_point.const_view(), dx, preference);
  }
  template <class DY, class X, class S, class Z, class DX>
  static void launch(const Problem& p, const DY& dy, const X& x, const S& scale, const Z& zero_point, const DX& dx,
                     PlanPreference preference = {}) {
    const Exec exec{};
    if constexpr (Case::zero_points == ZeroPoints::given) {
      const QuantizePerTokenBackwardPlan plan(exec, p.range, QuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx},
                                              preference);
      plan.run();
    } else {
      const QuantizePerTokenBackwardPlan plan(
          exec, p.range, QuantizePerTokenBackwardArgs{dy, x, scale, KokkosQuant::no_zero_point, dx}, preference);
      plan.run();
    }
    exec.fence();
  }

  /// Runs the plan on arrays placed like this and compares everything: results, guard values, and inputs that must not
  /// change.
  static void run(const Problem& p, const std::vector<Placement>& at, Output output = Output::own,
                  Mapping mapping = Mapping::automatic) {
    SCOPED_TRACE("dy " + describe(at[0]) + ", x " + describe(at[1]) + ", dx " + describe(at[2]) + ", output " +
                 std::to_string(static_cast<int>(output)) + ", asked for " + KokkosQuant::to_string(mapping));
    const auto where = [&](std::size_t i) { return p.where(i); };
    DyArray dy(p.N, p.D, at[0]);
    XArray x(p.N, p.D, at[1]);
    dy.fill(p.dy);
    x.fill(p.x);
    dy.to_device();
    x.to_device();
    const std::vector<T> dy_before = dy.host(), x_before = x.host();
    if (output == Output::own) {
      DxArray dx(p.N, p.D, at[2]);
      dx.to_device();
      const std::vector<T> dx_before = dx.host();
      launch(p, dy.const_view(), x.const_view(), dx.view(), {mapping});
      dx.to_host();
      EXPECT_TRUE(holds(dx, p.dx, dx_before, where));
    }
    if constexpr (std::is_same_v<typename Case::dx_layout, typename Case::dy_layout>)
      if (output == Output::in_dy) launch(p, dy.const_view(), x.const_view(), dy.view(), {mapping});
    if constexpr (std::is_same_v<typename Case::dx_layout, typename Case::x_layout>)
      if (output == Output::in_x) launch(p, dy.const_view(), x.const_view(), x.view(), {mapping});
    dy.to_host();
    x.to_host();
    if (output == Output::in_dy)
      EXPECT_TRUE(holds(dy, p.dx, dy_before, where));
    else
      EXPECT_TRUE(unchanged(dy.host(), dy_before)) << "dy";
    if (output == Output::in_x)
      EXPECT_TRUE(holds(x, p.dx, x_before, where));
    else
      EXPECT_TRUE(unchanged(x.host(), x_before)) << "x";
  }

  static std::vector<Output> outputs() {
    std::vector<Output> possible = {Output::own};
    if (std::is_same_v<typename Case::dx_layout, typename Case::dy_layout>) possible.push_back(Output::in_dy);
    if (std::is_same_v<typename Case::dx_layout, typename Case::x_layout>) possible.push_back(Output::in_x);
    return possible;
  }
};

// ------------------------------------------------------------------------------------------------------------------
// tests

template <class Case>
class Backward : public ::testing::Test, public BackwardRunner<Case> {
 public:
  using Runner = BackwardRunner<Case>;
  using T = typename Case::element;
  using Scale = typename Case::scale;
  using Problem = typename Runner::Problem;
  static constexpr ZeroPoints zero = Case::zero_points;
  static inline const std::vector<Placement> dense = {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}};
  static inline const std::vector<Placement> padded = {{1, 3, 2}, {2, 0, 3}, {5, 7, 1}};
};
TYPED_TEST_SUITE_P(Backward);

TYPED_TEST_P(Backward, TiesBoundsAndSpecialValues) {
  using Fixture = Backward<TypeParam>;
  using Problem = typename Fixture::Problem;
  static const std::vector<Problem> problems = [] {  // solved once for all spaces and layouts
    std::vector<Problem> all;
    for (const QuantizeDescriptor range : special_ranges())
      all.push_back(
          adversarial_problem<typename Fixture::T, typename Fixture::Scale>(60, 251, range, Fixture::zero, all.size()));
    return all;
  }();
  for (const Problem& p : problems) {
    Fixture::run(p, Fixture::dense);
    Fixture::run(p, Fixture::padded, Output::own, Mapping::elements);
  }
}

// Every width, and every height, below a few vectors; starts that are misaligned, each array differently; in place.
TYPED_TEST_P(Backward, EveryWidthAndHeight) {
  using Fixture = Backward<TypeParam>;
  for (std::size_t length = 1; length <= 130; ++length)
    for (const bool wide : {true, false}) {
      const auto p = adversarial_problem<typename Fixture::T, typename Fixture::Scale>(wide ? 3 : length, wide ? length : 3,
                                                                                       {-20, 20}, Fixture::zero, length);
      Fixture::run(p, Fixture::dense);
      const std::vector<Placement> shifted = {
          {length % 7, length % 3, 1}, {length % 5, length % 4, 1}, {length % 11, length % 2, 1}};
      for (const Output output : Fixture::outputs()) Fixture::run(p, shifted, output, mappings[length % 4]);
    }
}

TYPED_TEST_P(Backward, LongRowsAndManyRows) {
  using Fixture = Backward<TypeParam>;
  for (const auto& [N, D] : large_shapes) {
    const auto p = adversarial_problem<typename Fixture::T, typename Fixture::Scale>(N, D, {-128, 127}, Fixture::zero, N);
    for (const Output output : Fixture::outputs()) Fixture::run(p, Fixture::dense, output);
    Fixture::run(p, Fixture::padded);
    Fixture::run(p, Fixture::padded, Output::own, Mapping::elements);
  }
}

TYPED_TEST_P(Backward, NothingAndOneElement) {
  using Fixture = Backward<TypeParam>;
  for (const auto& [N, D] : empty_and_one) {
    const auto p = adversarial_problem<typename Fixture::T, typename Fixture::Scale>(N, D, {-128, 127}, Fixture::zero, 7);
    for (const Mapping mapping : mappings) Fixture::run(p, Fixture::dense, Output::own, mapping);
  }
}

// dy, x and dx are parts of one array: blocks of its columns, or (LayoutStride) every third column. They share a span,
// no element.
TYPED_TEST_P(Backward, ColumnsOfOneArray) {
  using Fixture = Backward<TypeParam>;
  using T = typename Fixture::T;
  using Exec = typename TypeParam::execution_space;
  if constexpr (Fixture::one_layout) {
    using Layout = typename TypeParam::dx_layout;
    constexpr bool strided = std::is_same_v<Layout, LayoutStride>;
    for (const std::size_t D : {std::size_t{1}, std::size_t{5}, std::size_t{33}, std::size_t{64}}) {
      const auto p = adversarial_problem<T, typename Fixture::Scale>(37, D, {-20, 20}, Fixture::zero, D);
      Matrix<T, Layout, Exec> all(p.N, 3 * D, {1, 2, 1});
      const auto column = [&](std::size_t part, std::size_t d) { return strided ? 3 * d + part : part * D + d; };
      for (std::size_t n = 0; n < p.N; ++n)
        for (std::size_t d = 0; d < D; ++d) {
          all(n, column(0, d)) = p.dy[n * D + d];
          all(n, column(2, d)) = p.x[n * D + d];
        }
      all.to_device();
      std::vector<T> expected = all.host();
      for (std::size_t n = 0; n < p.N; ++n)
        for (std::size_t d = 0; d < D; ++d) expected[all.index(n, column(1, d))] = p.dx[n * D + d];
      using V = typename Matrix<T, Layout, Exec>::view_type;
      const auto part = [&](std::size_t i) {
        if constexpr (strided)
          return V(all.view().data() + i, LayoutStride(p.N, all.index(1, 0) - all.index(0, 0), D, 3));
        else
          return V(Kokkos::subview(all.view(), Kokkos::ALL(), std::make_pair(i * D, (i + 1) * D)));
      };
      Fixture::launch(p, typename Matrix<T, Layout, Exec>::const_view_type(part(0)),
                      typename Matrix<T, Layout, Exec>::const_view_type(part(2)), part(1));
      all.to_host();
      Mismatches mismatches;
      for (std::size_t i = 0; i < expected.size(); ++i)
        mismatches.compare(all.host()[i], expected[i],
                           [&] { return "position " + std::to_string(i) + ", D " + std::to_string(D); });
      EXPECT_TRUE(mismatches);
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(Backward, TiesBoundsAndSpecialValues, EveryWidthAndHeight, LongRowsAndManyRows,
                            NothingAndOneElement, ColumnsOfOneArray);

// ---- on the host alone: pages that fault

template <class Case>
class BackwardOnHost : public Backward<Case> {
 public:
  using typename Backward<Case>::T;
  using typename Backward<Case>::Scale;
  using typename Backward<Case>::Problem;
  using HostSpace = typename Case::execution_space::memory_space;

  /// Strides for a View of this layout that is as tight as possible (LayoutStride: every second element).
  template <class Layout>
  static auto tight(std::size_t N, std::size_t D) {
    if constexpr (std::is_same_v<Layout, LayoutStride>)
      return LayoutStride(N, 2 * D, D, 2);
    else
      return Layout(N, D);
  }
  template <class Layout>
  static std::size_t span(std::size_t N, std::size_t D) {
    return std::is_same_v<Layout, LayoutStride> ? (N - 1) * 2 * D + (D - 1) * 2 + 1 : N * D;
  }
  template <class V>
  static void fill(const V& view, const std::vector<T>& values) {
    for (std::size_t n = 0; n < view.extent(0); ++n)
      for (std::size_t d = 0; d < view.extent(1); ++d) view(n, d) = values[n * view.extent(1) + d];
  }
  template <class V>
  static ::testing::AssertionResult holds_dx(const Problem& p, const V& view) {
    Mismatches mismatches;
    for (std::size_t n = 0; n < p.N; ++n)
      for (std::size_t d = 0; d < p.D; ++d)
        mismatches.compare(T(view(n, d)), p.dx[n * p.D + d], [&, i = n * p.D + d] { return p.where(i); });
    return mismatches;
  }
};
TYPED_TEST_SUITE_P(BackwardOnHost);

// Every array ends (or starts) at a page that cannot be touched: vectors that reach over an end would fault.
TYPED_TEST_P(BackwardOnHost, TouchesNothingOutside) {
  using Fixture = BackwardOnHost<TypeParam>;
  using T = typename Fixture::T;
  using Space = typename Fixture::HostSpace;
  using Row = typename TypeParam::row_layout;
  for (std::size_t length = 1; length <= 70; ++length)
    for (const bool wide : {true, false})
      for (const bool at_the_end : {true, false}) {
        const std::size_t N = wide ? 3 : length, D = wide ? length : 3;
        const auto p = adversarial_problem<T, typename Fixture::Scale>(N, D, {-20, 20}, Fixture::zero, length);
        const auto place = [&]<class Layout>(Layout, FencedArray<T>& array) {
          return Kokkos::View<T**, Layout, Space>(array.data(), Fixture::template tight<Layout>(N, D));
        };
        FencedArray<T> dy_array(Fixture::template span<typename TypeParam::dy_layout>(N, D), at_the_end);
        FencedArray<T> x_array(Fixture::template span<typename TypeParam::x_layout>(N, D), at_the_end);
        FencedArray<T> dx_array(Fixture::template span<typename TypeParam::dx_layout>(N, D), at_the_end);
        const auto dy = place(typename TypeParam::dy_layout{}, dy_array);
        const auto x = place(typename TypeParam::x_layout{}, x_array);
        const auto dx = place(typename TypeParam::dx_layout{}, dx_array);
        Fixture::fill(dy, p.dy);
        Fixture::fill(x, p.x);
        const std::size_t step = std::is_same_v<Row, LayoutStride> ? 3 : 1;
        FencedArray<typename Fixture::Scale> scale_array((N - 1) * step + 1, at_the_end);
        FencedArray<int> zero_array((N - 1) * step + 1, at_the_end);
        for (std::size_t n = 0; n < N; ++n) {
          scale_array.data()[n * step] = p.scale[n];
          zero_array.data()[n * step] = p.zero_point[n];
        }
        const auto row = [&]() {
          if constexpr (std::is_same_v<Row, LayoutStride>)
            return LayoutStride(N, step);
          else
            return Row(N);
        }();
        using CDy = Kokkos::View<const T**, typename TypeParam::dy_layout, Space>;
        using CX = Kokkos::View<const T**, typename TypeParam::x_layout, Space>;
        Fixture::launch(p, CDy(dy), CX(x), Kokkos::View<const typename Fixture::Scale*, Row, Space>(scale_array.data(), row),
                        Kokkos::View<const int*, Row, Space>(zero_array.data(), row), dx);
        EXPECT_TRUE(Fixture::holds_dx(p, dx)) << length << (wide ? " wide" : " high");
      }
}

REGISTER_TYPED_TEST_SUITE_P(BackwardOnHost, TouchesNothingOutside);

// Rows, then columns, more than 2^31 elements apart: offsets need 64 bits. Nothing but the few pages used exists.
template <class Exec, class T>
void far_apart() {
  using Space = typename Exec::memory_space;
  using Case = BackwardCase<Exec, T, T, ZeroPoints::given, LayoutStride>;
  using Fixture = BackwardOnHost<Case>;
  using V = Kokkos::View<T**, LayoutStride, Space>;
  using CV = Kokkos::View<const T**, LayoutStride, Space>;
  const std::size_t far = (std::size_t{1} << 31) + 5, few = 20;
  for (const bool rows_apart : {true, false}) {
    const std::size_t N = rows_apart ? 3 : few, D = rows_apart ? few : 3;
    const auto p = adversarial_problem<T, T>(N, D, {-20, 20}, ZeroPoints::given, 3);
    Pages pages(3 * far * sizeof(T));
    for (std::size_t i = 0; i < 3; ++i) pages.open(i * far * sizeof(T), 3 * few * sizeof(T));
    T* const first = reinterpret_cast<T*>(pages.data());
    const LayoutStride layout = rows_apart ? LayoutStride(N, far, D, 1) : LayoutStride(N, 1, D, far);
    const V dy(first, layout), x(first + few, layout), dx(first + 2 * few, layout);
    Fixture::fill(dy, p.dy);
    Fixture::fill(x, p.x);
    for (const Mapping mapping : mappings) {
      Fixture::fill(dx, std::vector<T>(N * D, guard_value<T>()));
      Fixture::launch(p, CV(dy), CV(x), dx, {mapping});
      EXPECT_TRUE(Fixture::holds_dx(p, dx)) << (rows_apart ? "rows" : "columns") << " far apart";
    }
  }
}

}  // namespace KokkosQuantTest
