// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a plan refuses, and in which words; what it promises beside its results.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstdint>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "KokkosQuantTest_Problems.hpp"

namespace KokkosQuantTest {
namespace {

template <class Case>
class Checks : public OpTest<Case> {
 protected:
  using typename OpTest<Case>::Op;
  using typename OpTest<Case>::Args;
  using typename OpTest<Case>::Plan;
  using OpTest<Case>::exec;
  using OpTest<Case>::problem;

  static std::string text(std::size_t rows, std::size_t columns) {
    return std::to_string(rows) + " x " + std::to_string(columns);
  }
  static std::string prefixed(const std::string& reason) { return std::string("KokkosQuant::") + Op::name() + ": " + reason; }
  // The message of the std::invalid_argument that f throws, or what happened instead.
  template <class F>
  static std::string thrown(const F& f) {
    try {
      f();
    } catch (const std::invalid_argument& e) {
      return e.what();
    } catch (const std::exception& e) {
      return std::string("another exception: ") + e.what();
    }
    return "no exception";
  }

  // Every way to a plan refuses these, in the same words, all parts of which are there; nothing is written.
  void expect_refused(const Args& given, QuantizeDescriptor range, const std::vector<std::string>& parts) {
    const KokkosQuant::Status status = Plan::can_implement(exec, range, given);
    EXPECT_FALSE(status);
    for (const std::string& part : parts)
      EXPECT_NE(status.message().find(part), std::string::npos) << "no '" << part << "' in: " << status.message();
    const KokkosQuant::Status free_status = KokkosQuant::can_implement<Op>(exec, range, given);
    EXPECT_FALSE(free_status);
    EXPECT_EQ(free_status.message(), status.message());

    const std::string expected = prefixed(status.message());
    EXPECT_EQ(thrown([&] { Plan(exec, range, given); }), expected);
    EXPECT_EQ(thrown([&] { Plan::select(exec, range, given); }), expected);
    EXPECT_EQ(thrown([&] { KokkosQuant::select<Op>(exec, range, given); }), expected);
    exec.fence();
    EXPECT_TRUE(problem.is_untouched());
  }
  // A plan that was made for fitting arguments refuses these, too.
  void expect_run_refused(const Args& given, const std::vector<std::string>& parts) {
    const Plan plan(exec, small_range, problem.args());
    const std::string message = thrown([&] { plan.run(given); });
    EXPECT_EQ(message.find(prefixed("")), 0u) << message;
    for (const std::string& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << "no '" << part << "' in: " << message;
    exec.fence();
    EXPECT_TRUE(problem.is_untouched());
  }
};
TYPED_TEST_SUITE(Checks, OpCases, CaseNames);

// ------------------------------------------------------------------------------------------------------ what is
// accepted

TYPED_TEST(Checks, ArgumentsThatFitAreAccepted) {
  using Op = typename TestFixture::Op;
  const KokkosQuant::Status status = TestFixture::Plan::can_implement(this->exec, small_range, this->args);
  EXPECT_TRUE(status) << status.message();
  EXPECT_EQ(status.message(), "");
  EXPECT_TRUE(KokkosQuant::can_implement<Op>(this->exec, small_range, this->args));

  typename TestFixture::Plan plan(this->exec, small_range, this->args);
  EXPECT_TRUE(this->problem.is_untouched()) << "constructing a plan must not launch";
  plan.run();
  this->exec.fence();
  EXPECT_TRUE(this->problem.is_right());
}

TYPED_TEST(Checks, NothingThatChecksThrows) {
  using Plan = typename TestFixture::Plan;
  using Op = typename TestFixture::Op;
  static_assert(noexcept(Plan::can_implement(this->exec, small_range, this->args)));
  static_assert(noexcept(KokkosQuant::can_implement<Op>(this->exec, small_range, this->args)));
  static_assert(std::is_same_v<decltype(Plan::can_implement(this->exec, small_range, this->args)), KokkosQuant::Status>);
}

TYPED_TEST(Checks, AnyRangeOfInt32IsAcceptedWhereNoCodesAreWritten) {
  using Op = typename TestFixture::Op;
  if constexpr (!std::is_same_v<Op, QuantizePerToken>) {
    const std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
    const std::int32_t highest = std::numeric_limits<std::int32_t>::max();
    for (const QuantizeDescriptor range : {QuantizeDescriptor{lowest, highest}, {lowest, lowest}, {highest, highest}, {0, 0}}) {
      const auto status = KokkosQuant::can_implement<Op>(this->exec, range, this->args);
      EXPECT_TRUE(status) << status.message();
    }
  } else {
    for (const QuantizeDescriptor range : {QuantizeDescriptor{-128, 127}, {-128, -128}, {127, 127}, {0, 0}}) {
      const auto status = KokkosQuant::can_implement<Op>(this->exec, range, this->args);
      EXPECT_TRUE(status) << status.message();
    }
  }
}

// ------------------------------------------------------------------------------------------------------- what is
// refused

TYPED_TEST(Checks, InputsOfOtherExtentsAreRefused) {
  const std::size_t N = this->N, D = this->D, large = std::size_t{1} << 32;
  const std::pair<std::size_t, std::size_t> others[] = {{N + 1, D}, {N - 1, D}, {N, D + 1},     {N, D - 1},     {D, N},
                                                        {0, D},     {N, 0},     {N + large, D}, {N, D + large}, {1, 1}};
  TestFixture::Problem::for_each_input(this->args, [&](const std::string& name, auto& view) {
    const auto fitting = view;
    for (const auto& [rows, columns] : others) {
      SCOPED_TRACE(name + " is " + this->text(rows, columns));
      view = nowhere<std::remove_reference_t<decltype(view)>>(rows, columns);
      this->expect_refused(
          this->args, small_range,
          {name + " is " + this->text(rows, columns), TestFixture::Problem::out_name + std::string(" is ") + this->text(N, D)});
    }
    view = fitting;
  });
}

TYPED_TEST(Checks, AnOutputOfOtherExtentsIsRefused) {
  const std::size_t N = this->N, D = this->D;
  auto& out = TestFixture::Problem::out_of(this->args);
  for (const auto& [rows, columns] : {std::pair{N + 1, D}, {N, D + 1}, {N - 1, D}, {N, D - 1}, {D, N}}) {
    out = nowhere<std::remove_reference_t<decltype(out)>>(rows, columns);
    this->expect_refused(this->args, small_range,
                         {TestFixture::Problem::out_name + std::string(" is ") + this->text(rows, columns), this->text(N, D)});
  }
}

TYPED_TEST(Checks, ScalesAndZeroPointsOfOtherLengthsAreRefused) {
  const std::size_t N = this->N, D = this->D;
  for (const std::size_t length : {N + 1, N - 1, std::size_t{0}, std::size_t{1}, D, N + (std::size_t{1} << 32)}) {
    const auto with_scale = [&] {
      auto args = this->args;
      args.scale = nowhere<decltype(args.scale)>(length);
      return args;
    }();
    this->expect_refused(with_scale, small_range, {"scale has " + std::to_string(length), this->text(N, D)});
    const auto with_zero_point = [&] {
      auto args = this->args;
      args.zero_point = nowhere<decltype(args.zero_point)>(length);
      return args;
    }();
    this->expect_refused(with_zero_point, small_range, {"zero_point has " + std::to_string(length), this->text(N, D)});
  }
}

TYPED_TEST(Checks, AnEmptyRangeIsRefused) {
  this->expect_refused(this->args, {3, 2}, {"q_min is 3", "q_max is 2"});
  this->expect_refused(this->args, {1, -1}, {"q_min is 1", "q_max is -1"});
  const std::int32_t lowest = std::numeric_limits<std::int32_t>::min(), highest = std::numeric_limits<std::int32_t>::max();
  this->expect_refused(this->args, {highest, lowest}, {"q_min is 2147483647", "q_max is -2147483648"});
  EXPECT_TRUE(KokkosQuant::can_implement<typename TestFixture::Op>(this->exec, {3, 3}, this->args));
}

TYPED_TEST(Checks, NullDataIsRefusedWhereItWouldBeRead) {
  const std::size_t N = this->N, D = this->D;
  const auto expect_null_refused = [&](const std::string& name, auto& view, const std::string& shape, auto... extent) {
    SCOPED_TRACE(name);
    const auto fitting = view;
    view = null<std::remove_reference_t<decltype(view)>>(extent...);
    this->expect_refused(this->args, small_range, {name, shape, "null"});
    this->expect_run_refused(this->args, {name, shape, "null"});
    view = fitting;
  };
  TestFixture::Problem::for_each_input(
      this->args, [&](const std::string& name, auto& view) { expect_null_refused(name, view, this->text(N, D), N, D); });
  expect_null_refused(TestFixture::Problem::out_name, TestFixture::Problem::out_of(this->args), this->text(N, D), N, D);
  expect_null_refused("scale", this->args.scale, "5", N);
  expect_null_refused("zero_point", this->args.zero_point, "5", N);
}

template <class Exec>
class CodeRange : public ::testing::Test {};
TYPED_TEST_SUITE(CodeRange, ExecutionSpaces, CaseNames);

TYPED_TEST(CodeRange, ARangeThatTheCodesCannotHoldIsRefused) {
  using Exec = TypeParam;
  const Exec exec{};
  const Kokkos::View<float**, Exec> x("x", 2, 3);
  const Kokkos::View<float*, Exec> scale("scale", 2);
  const auto status = [&](auto code, QuantizeDescriptor range) {
    const Kokkos::View<decltype(code)**, Exec> q("q", 2, 3);
    return KokkosQuant::can_implement<QuantizePerToken>(
        exec, range, KokkosQuant::QuantizePerTokenArgs{x, scale, KokkosQuant::no_zero_point, q});
  };
  const std::int8_t int8 = 0;
  const std::uint8_t uint8 = 0;
  EXPECT_TRUE(status(int8, {-128, 127}));
  EXPECT_TRUE(status(int8, {-7, 7}));
  EXPECT_TRUE(status(uint8, {0, 255}));
  EXPECT_TRUE(status(uint8, {3, 15}));
  const auto expect_refused = [](const KokkosQuant::Status& s, const std::vector<std::string>& parts) {
    EXPECT_FALSE(s);
    for (const std::string& part : parts)
      EXPECT_NE(s.message().find(part), std::string::npos) << "no '" << part << "' in: " << s.message();
  };
  for (const QuantizeDescriptor range : {QuantizeDescriptor{-129, 127}, {-128, 128}, {0, 255}, {-2147483647, -200}})
    expect_refused(status(int8, range), {std::to_string(range.q_min), std::to_string(range.q_max), "-128", "127", "q"});
  for (const QuantizeDescriptor range : {QuantizeDescriptor{-1, 255}, {0, 256}, {-128, 127}, {256, 2147483647}})
    expect_refused(status(uint8, range), {std::to_string(range.q_min), std::to_string(range.q_max), "0", "255", "q"});
}

// -------------------------------------------------------------------------------------------------------------
// run(args)

TYPED_TEST(Checks, RunTakesNoOtherExtentsThanThePlans) {
  using Plan = typename TestFixture::Plan;
  const Plan plan(this->exec, small_range, this->args);
  for (const auto& [rows, columns] :
       {std::pair<std::size_t, std::size_t>{4, 37}, {6, 37}, {5, 36}, {5, 38}, {37, 5}, {0, 37}}) {
    typename TestFixture::Problem other(rows, columns);
    ASSERT_TRUE(KokkosQuant::can_implement<typename TestFixture::Op>(this->exec, small_range, other.args()));
    const std::string message = this->thrown([&] { plan.run(other.args()); });
    EXPECT_EQ(message.find(this->prefixed("")), 0u) << message;
    for (const std::string& shape : {this->text(rows, columns), this->text(5, 37)})
      EXPECT_NE(message.find(shape), std::string::npos) << "no '" << shape << "' in: " << message;
    this->exec.fence();
    EXPECT_TRUE(other.is_untouched());
    EXPECT_TRUE(this->problem.is_untouched());
  }
}

TYPED_TEST(Checks, RunRefusesWhatTheConstructorRefuses) {
  TestFixture::Problem::for_each_input(this->args, [&](const std::string& name, auto& view) {
    const auto fitting = view;
    view = nowhere<std::remove_reference_t<decltype(view)>>(5, 36);
    this->expect_run_refused(this->args, {name + " is 5 x 36", TestFixture::Problem::out_name + std::string(" is 5 x 37")});
    view = fitting;
  });
  auto args = this->args;
  args.scale = nowhere<decltype(args.scale)>(4);
  this->expect_run_refused(args, {"scale has 4", "5 x 37"});
}

// ----------------------------------------------------------------------------------------------------------- no
// elements

TYPED_TEST(Checks, NoRowsOrNoColumnsAreNoWork) {
  using Op = typename TestFixture::Op;
  using Problem = typename TestFixture::Problem;
  for (const Shape shape : {Shape{0, 0}, {0, 37}, {5, 0}}) {
    const std::size_t rows = shape.rows, columns = shape.columns;
    Problem empty(rows, columns);
    const auto plan = KokkosQuant::select<Op>(this->exec, small_range, empty.args());
    plan.run();
    plan.run(empty.args());
    this->exec.fence();
    EXPECT_TRUE(empty.is_untouched());
    EXPECT_FALSE(plan.sku().to_string().empty());

    auto nulls = empty.args();
    Problem::for_each_input(
        nulls, [&](const std::string&, auto& v) { v = null<std::remove_reference_t<decltype(v)>>(rows, columns); });
    Problem::out_of(nulls) = null<std::remove_reference_t<decltype(Problem::out_of(nulls))>>(rows, columns);
    if (rows == 0) {
      nulls.scale = null<decltype(nulls.scale)>(rows);
      nulls.zero_point = null<decltype(nulls.zero_point)>(rows);
    }
    const auto status = KokkosQuant::can_implement<Op>(this->exec, small_range, nulls);
    EXPECT_TRUE(status) << status.message();
    KokkosQuant::select<Op>(this->exec, small_range, nulls).run();
    plan.run(nulls);
    this->exec.fence();
  }
  const typename TestFixture::Args default_constructed{};
  KokkosQuant::select<Op>(this->exec, small_range, default_constructed).run();
  // Extents far beyond memory, and beyond 32 bits, are no work either when the other one is 0.
  auto tall = default_constructed;
  const std::size_t N = (std::size_t{1} << 40) + 3;
  Problem::for_each_input(tall, [&](const std::string&, auto& v) { v = null<std::remove_reference_t<decltype(v)>>(N, 0); });
  Problem::out_of(tall) = null<std::remove_reference_t<decltype(Problem::out_of(tall))>>(N, 0);
  tall.scale = nowhere<decltype(tall.scale)>(N);
  tall.zero_point = nowhere<decltype(tall.zero_point)>(N);
  KokkosQuant::select<Op>(this->exec, small_range, tall).run();
  this->exec.fence();
}

}  // namespace
}  // namespace KokkosQuantTest
