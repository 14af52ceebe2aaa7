// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief One small problem for each op, so that what all plans promise is tested with all of them: arguments that fit,
/// the right results, and whether the output was touched.
#pragma once

#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Reference.hpp"

namespace KokkosQuantTest {

using KokkosQuant::DequantizePerToken;
using KokkosQuant::QuantizePerToken;
using KokkosQuant::QuantizePerTokenBackward;

inline constexpr QuantizeDescriptor small_range{-4, 3};

struct Shape {
  std::size_t rows, columns;
};

/// Rows of scales and zero points, and what x and dy are at (n, d): everything is exact in float, half of x is inside.
template <class Exec>
class RowConstants {
 public:
  explicit RowConstants(std::size_t rows)
      : scales_(make<float>(rows, [](std::size_t n) { return n % 3 == 0 ? 0.5f : static_cast<float>(n % 3); })),
        zero_points_(make<std::int32_t>(rows, [](std::size_t n) { return static_cast<std::int32_t>(n % 4) - 1; })),
        scale_(scales_),
        zero_point_(zero_points_) {}

  auto scale() const { return scale_.view(); }
  auto zero_point() const { return zero_point_.view(); }
  float scale(std::size_t n) const { return scales_[n]; }
  std::int32_t zero_point(std::size_t n) const { return zero_points_[n]; }
  float x(std::size_t n, std::size_t d) const { return scales_[n] * (static_cast<float>((3 * n + 5 * d) % 13) - 5.75f); }
  static float dy(std::size_t n, std::size_t d) { return static_cast<float>((7 * n + 3 * d) % 23) - 11; }
  static std::int8_t q(std::size_t n, std::size_t d) {
    return static_cast<std::int8_t>(static_cast<int>((5 * n + 3 * d) % 256) - 128);
  }

 private:
  template <class T, class F>
  static std::vector<T> make(std::size_t rows, const F& at) {
    std::vector<T> values(rows);
    for (std::size_t n = 0; n < rows; ++n) values[n] = at(n);
    return values;
  }

  std::vector<float> scales_;
  std::vector<std::int32_t> zero_points_;
  Vector<float, Kokkos::LayoutRight, Exec> scale_;
  Vector<std::int32_t, Kokkos::LayoutRight, Exec> zero_point_;
};

template <class Out>
class ProblemBase {
 public:
  Out out;

  /// Right everywhere, and nothing else in the output's storage was written.
  template <class Expected>
  ::testing::AssertionResult compare(const Expected& expected) {
    Out right = untouched_;
    for (std::size_t n = 0; n < right.rows(); ++n)
      for (std::size_t d = 0; d < right.columns(); ++d) right(n, d) = expected(n, d);
    return storage_is(right);
  }
  ::testing::AssertionResult is_untouched() { return storage_is(untouched_); }
  void reset() {
    out.host() = untouched_.host();
    out.to_device();
  }

 protected:
  ProblemBase(std::size_t rows, std::size_t columns, Placement placement) : out(rows, columns, placement), untouched_(out) {
    out.to_device();
  }

 private:
  ::testing::AssertionResult storage_is(const Out& right) {
    out.to_host();
    Mismatches mismatches;
    for (std::size_t i = 0; i < right.host().size(); ++i)
      mismatches.compare(out.host()[i], right.host()[i],
                         [&] { return "position " + std::to_string(i) + " of the output's storage"; });
    return mismatches;
  }

  Out untouched_;
};

/// The op's arrays under their names in its Args; the written one is out.
template <class Op, class Exec, class Layout = Kokkos::LayoutRight>
struct Problem;

template <class Exec, class Layout>
struct Problem<QuantizePerTokenBackward, Exec, Layout> : ProblemBase<Matrix<float, Layout, Exec>> {
  static constexpr const char* out_name = "dx";
  RowConstants<Exec> rows;
  Matrix<float, Layout, Exec> dy, x;

  explicit Problem(std::size_t n_rows, std::size_t n_columns, Placement placement = {})
      : Problem::ProblemBase(n_rows, n_columns, placement),
        rows(n_rows),
        dy(n_rows, n_columns, placement),
        x(n_rows, n_columns, placement) {
    for (std::size_t n = 0; n < n_rows; ++n)
      for (std::size_t d = 0; d < n_columns; ++d) {
        dy(n, d) = rows.dy(n, d);
        x(n, d) = rows.x(n, d);
      }
    dy.to_device();
    x.to_device();
  }
  auto args() const {
    return KokkosQuant::QuantizePerTokenBackwardArgs{dy.view(), x.view(), rows.scale(), rows.zero_point(), this->out.view()};
  }
  ::testing::AssertionResult is_right() {
    return this->compare([&](std::size_t n, std::size_t d) {
      return reference_backward(dy(n, d), x(n, d), rows.scale(n), rows.zero_point(n), small_range);
    });
  }
  template <class Args, class F>
  static void for_each_input(Args& args, const F& f) {
    f("dy", args.dy);
    f("x", args.x);
  }
  template <class Args>
  static auto& out_of(Args& args) {
    return args.dx;
  }
};

template <class Exec, class Layout>
struct Problem<QuantizePerToken, Exec, Layout> : ProblemBase<Matrix<std::int8_t, Layout, Exec>> {
  static constexpr const char* out_name = "q";
  RowConstants<Exec> rows;
  Matrix<float, Layout, Exec> x;

  explicit Problem(std::size_t n_rows, std::size_t n_columns, Placement placement = {})
      : Problem::ProblemBase(n_rows, n_columns, placement), rows(n_rows), x(n_rows, n_columns, placement) {
    for (std::size_t n = 0; n < n_rows; ++n)
      for (std::size_t d = 0; d < n_columns; ++d) x(n, d) = rows.x(n, d);
    x.to_device();
  }
  auto args() const { return KokkosQuant::QuantizePerTokenArgs{x.view(), rows.scale(), rows.zero_point(), this->out.view()}; }
  ::testing::AssertionResult is_right() {
    return this->compare([&](std::size_t n, std::size_t d) {
      return static_cast<std::int8_t>(reference_quantize(x(n, d), rows.scale(n), rows.zero_point(n), small_range));
    });
  }
  template <class Args, class F>
  static void for_each_input(Args& args, const F& f) {
    f("x", args.x);
  }
  template <class Args>
  static auto& out_of(Args& args) {
    return args.q;
  }
};

template <class Exec, class Layout>
struct Problem<DequantizePerToken, Exec, Layout> : ProblemBase<Matrix<float, Layout, Exec>> {
  static constexpr const char* out_name = "x";
  RowConstants<Exec> rows;
  Matrix<std::int8_t, Layout, Exec> q;

  explicit Problem(std::size_t n_rows, std::size_t n_columns, Placement placement = {})
      : Problem::ProblemBase(n_rows, n_columns, placement), rows(n_rows), q(n_rows, n_columns, placement) {
    for (std::size_t n = 0; n < n_rows; ++n)
      for (std::size_t d = 0; d < n_columns; ++d) q(n, d) = rows.q(n, d);
    q.to_device();
  }
  auto args() const { return KokkosQuant::DequantizePerTokenArgs{q.view(), rows.scale(), rows.zero_point(), this->out.view()}; }
  ::testing::AssertionResult is_right() {
    return this->compare(
        [&](std::size_t n, std::size_t d) { return reference_dequantize(q(n, d), rows.scale(n), rows.zero_point(n)); });
  }
  template <class Args, class F>
  static void for_each_input(Args& args, const F& f) {
    f("q", args.q);
  }
  template <class Args>
  static auto& out_of(Args& args) {
    return args.x;
  }
};

/// An op on an execution space, for TYPED_TEST_SUITE(Suite, OpCases, CaseNames).
template <class Op_, class Exec>
struct OpCase {
  using Op = Op_;
  using execution_space = Exec;
  template <class Layout = Kokkos::LayoutRight>
  using problem = Problem<Op, Exec, Layout>;
  static std::string name() { return Op::name() + "_" + Exec::name(); }
};
template <class Exec>
using OpCasesOf =
    ::testing::Types<OpCase<QuantizePerTokenBackward, Exec>, OpCase<QuantizePerToken, Exec>, OpCase<DequantizePerToken, Exec>>;
using OpCases = OverSpaces_t<OpCasesOf>;

/// A fixture with a problem of OpCase's op, of 5 rows and 37 columns: no whole number of vectors.
template <class Case>
class OpTest : public ::testing::Test {
 protected:
  using Op = typename Case::Op;
  using Exec = typename Case::execution_space;
  using Problem = typename Case::template problem<>;
  using Args = decltype(std::declval<Problem>().args());
  using Plan = typename Op::template plan<Exec, Args>;
  static constexpr std::size_t N = 5, D = 37;

  Exec exec;
  Problem problem{N, D};
  Args args = problem.args();
};

/// A View whose memory need not exist: nothing reads it.
template <class V, class... Extent>
V nowhere(Extent... extent) {
  return V(reinterpret_cast<typename V::pointer_type>(std::uintptr_t{1} << 20), static_cast<std::size_t>(extent)...);
}
template <class V, class... Extent>
V null(Extent... extent) {
  return V(typename V::pointer_type{nullptr}, static_cast<std::size_t>(extent)...);
}

}  // namespace KokkosQuantTest
