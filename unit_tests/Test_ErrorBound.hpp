// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief QuantizeToErrorBound and the way back against exact arithmetic, and against the promise itself.
#pragma once

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

using KokkosQuant::ErrorBound;
using KokkosQuant::mask8_t;

static_assert(std::numeric_limits<long double>::digits >= 64, "the reference needs exact quotients of doubles");

/// The largest power of two <= 2 eps, by looking for it; cut to those that C has.
template <class T>
long double reference_step(double eps) {
  using limits = std::numeric_limits<KokkosQuant::compute_t<T>>;
  int k = limits::max_exponent - 1;
  while (std::ldexp(1.0L, k) > 2.0L * eps && k > limits::min_exponent - limits::digits) --k;
  return std::ldexp(1.0L, k);
}
template <class T>
long double reference_largest() {
  if constexpr (std::is_same_v<T, half_t>) return 65504;
  if constexpr (std::is_same_v<T, bfloat16_t>) return std::ldexp(255.0L, 120);
  if constexpr (std::is_same_v<T, float>) return std::numeric_limits<float>::max();
  return std::numeric_limits<double>::max();
}

struct BoundedCode {
  std::int64_t code = 0;
  bool fits = false;
  double back = 0;
};
template <class T, class Q>
BoundedCode reference_bounded(double x, long double step) {
  if (!std::isfinite(x)) return {};
  const long double t = x / step;  // exact
  if (std::fabs(t) > 0x1p40L) return {};
  const long double below = std::floor(t), above = below + 1;
  const bool up = t - below > 0.5L || (t - below == 0.5L && std::fmod(below, 2.0L) != 0);
  const long double r = up ? above : below, back = r * step;
  if (r < std::numeric_limits<Q>::min() || r > std::numeric_limits<Q>::max()) return {};
  if (std::fabs(back) > reference_largest<T>()) return {};
  return {static_cast<std::int64_t>(r), true, static_cast<double>(back)};
}

/// Bounds at and beside powers of two over the whole range of double, and everyday ones.
inline std::vector<double> some_bounds() {
  std::vector<double> bounds = {1e-3, 0.1, 0.5, 1, 3, 1e6, 1e-30, 1e30, 5e-324, std::numeric_limits<double>::max()};
  for (const int k :
       {-1074, -1070, -1023, -1022, -1021, -1000, -151, -150, -149, -148, -140, -128, -127, -126, -125, -60, -27, -26,
        -25,   -24,   -15,   -14,   -2,    0,     10,   13,   14,   15,   16,   40,   96,   103,  104,  111, 112, 118,
        119,   120,   125,   126,   127,   128,   129,  800,  969,  970,  992,  1006, 1008, 1021, 1022, 1023})
    for (const double beside : {0.0, 1.0, 2.0}) {
      const double power = std::ldexp(1.0, k);
      const double bound = beside == 0 ? power : std::nextafter(power, beside == 1 ? 0 : HUGE_VAL);
      if (bound > 0) bounds.push_back(bound);
    }
  return bounds;
}

/// What tells whether codes, their ends and the bound are right: ties and integers of steps with their neighbours.
template <class T, class Q>
std::vector<T> values_for(double eps) {
  std::vector<T> values;
  if constexpr (sixteen_bits<T>) {
    for (unsigned bits = 0; bits < 65536; ++bits) values.push_back(T::from_bits(static_cast<std::uint16_t>(bits)));
    return values;
  } else {
    const long double step = reference_step<T>(eps);
    std::vector<double> steps = {0, 1, 2, 3, 4, 0x1p22, 0x1p22 + 1, 0x1p23 - 1, 0x1p23, 0x1p23 + 1, 0x1p24, 0x1p24 + 2, 0x1p25};
    for (int beside = -4; beside <= 4; ++beside)
      for (const double end : {32768.0, 2147483648.0, 4194304.0, 8388608.0}) steps.push_back(end + beside);
    for (const double i : steps)
      for (const double part : {0.0, 0.25, 0.5, 0.75})
        for (const int sign : {-1, 1}) add_with_neighbours(values, static_cast<T>(sign * (i + part) * step));
    for (const T special : special_values<T>()) values.push_back(special);
    add_with_neighbours(values, std::numeric_limits<T>::max() / 2);
    add_with_neighbours(values, static_cast<T>(std::ldexp(1.5, std::numeric_limits<T>::max_exponent - 1)));
    for (T at = std::numeric_limits<T>::max(), i = 0; i < 10; ++i, at = std::nextafter(at, T(0))) values.push_back(at);
    Random random(static_cast<std::uint64_t>(values.size()));
    for (int i = 0; i < 400; ++i) {
      values.push_back(random.any<T>());
      values.push_back(static_cast<T>(random.uniform(-40000, 40000) * step));
      values.push_back(static_cast<T>(random.uniform(-3e9, 3e9) * step));
    }
    return values;
  }
}

template <class Exec, class T_, class Q_>
struct ErrorBoundCase {
  using execution_space = Exec;
  using T = T_;
  using Q = Q_;
  static std::string name() {
    return std::string(Exec::name()) + "_" + type_name<T>() + "_int" + std::to_string(8 * sizeof(Q));
  }
};

template <class Case>
class ErrorBoundTest : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using Q = typename Case::Q;

  /// An N x D field of these values (again and again): codes, mask, count and what comes back, and nothing around them.
  static void run(std::size_t N, std::size_t D, const std::vector<T>& values, double eps, const Setting& s) {
    SCOPED_TRACE(describe(s));
    const long double step = reference_step<T>(eps);
    const auto x_at = [&](std::size_t n, std::size_t d) { return values[(n * D + d) % values.size()]; };
    std::vector<BoundedCode> expected;
    std::int64_t misfits = 0;
    double furthest = 0;
    for (std::size_t i = 0; i < N * D; ++i) {
      const double x = to_double(x_at(i / D, i % D));
      expected.push_back(reference_bounded<T, Q>(x, step));
      misfits += expected.back().fits ? 0 : 1;
      if (expected.back().fits) furthest = std::max(furthest, std::fabs(x - expected.back().back));
    }
    EXPECT_LE(furthest, eps);  // the promise, of the reference; the results are the same below
    const auto at = [&](std::size_t n, std::size_t d) -> const BoundedCode& { return expected[n * D + d]; };
    const auto where = [&](std::size_t n, std::size_t d) {
      return "(" + std::to_string(n) + ", " + std::to_string(d) + ") of " + std::to_string(N) + " x " + std::to_string(D) +
             ", x " + show(x_at(n, d)) + ", eps " + show(eps);
    };

    const Array<T, Exec> x(N, D, s.in, x_at);
    auto q = empty_code_array<Q, Exec>(N, D, s.out, s.packing);
    auto mask = empty_code_array<mask8_t, Exec>(N, D, s.other, s.packing);
    Array<std::int64_t, Exec> count(1, 1, {Order::right, 1, 1});
    count.to_device();
    const Exec exec;
    KokkosQuant::QuantizeToErrorBoundPlan(
        exec, ErrorBound{eps},
        KokkosQuant::QuantizeToErrorBoundArgs{x.const_view(), q.view(), mask.view(), Kokkos::subview(count.view(), 0, 0)},
        PlanPreference{s.mapping})
        .run();
    Array<T, Exec> back(N, D, s.in);
    back.to_device();
    KokkosQuant::DequantizeFromErrorBoundPlan(exec, ErrorBound{eps},
                                              KokkosQuant::DequantizeFromErrorBoundArgs{q.const_view(), back.view()},
                                              PlanPreference{s.mapping})
        .run();
    exec.fence();
    EXPECT_TRUE(holds_codes(
        q, N, D, s.packing, [&](std::size_t n, std::size_t d) { return at(n, d).code; }, where));
    EXPECT_TRUE(holds_codes(
        mask, N, D, s.packing, [&](std::size_t n, std::size_t d) { return at(n, d).fits ? 0 : 1; }, where));
    EXPECT_TRUE(count.holds([&](std::size_t, std::size_t) { return misfits; }, where));
    EXPECT_TRUE(back.holds(
        [&](std::size_t n, std::size_t d) { return reference_convert<T>(at(n, d).code == 0 ? 0.0 : at(n, d).back); }, where));
  }
};
TYPED_TEST_SUITE_P(ErrorBoundTest);

TYPED_TEST_P(ErrorBoundTest, EveryElementIsWithinTheBound) {
  using Fixture = ErrorBoundTest<TypeParam>;
  std::size_t i = 0;
  for (const double eps : some_bounds()) {
    const auto values = values_for<typename TypeParam::T, typename TypeParam::Q>(eps);
    Fixture::run(7, (values.size() + 6) / 7, values, eps, setting(++i % 2));
  }
}

TYPED_TEST_P(ErrorBoundTest, EveryWidthAndPlace) {
  using Fixture = ErrorBoundTest<TypeParam>;
  const auto values = [] {
    Random random(3);
    std::vector<typename TypeParam::T> some;
    for (int i = 0; i < 997; ++i)
      some.push_back(reference_convert<typename TypeParam::T>(random.below(5) == 0 ? HUGE_VAL : random.uniform(-90, 90)));
    return some;
  }();
  for (std::size_t length = 1; length <= 70; ++length)
    for (const bool wide : {true, false}) {
      const std::size_t other = 1 + length % 5, N = wide ? other : length, D = wide ? length : other;
      for (const std::size_t at : {std::size_t{0}, std::size_t{1}, length % setting_count})
        for (const Packing packing : {Packing::across, Packing::down}) {
          Setting s = setting(at);
          s.packing = packing;
          Fixture::run(N, D, values, 0.01, s);
        }
    }
  for (std::size_t at = 0; at < setting_count; ++at) Fixture::run(13, 70, values, 0.01, setting(at));
}

TYPED_TEST_P(ErrorBoundTest, CountsNoneAllAndMany) {
  using Fixture = ErrorBoundTest<TypeParam>;
  const auto of = [](double value) { return std::vector{reference_convert<typename TypeParam::T>(value)}; };
  for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{1, 300001}, {4999, 3}, {3, 70007}})
    for (const std::size_t at : std::vector<std::size_t>{0, 1, 2, 6}) {
      Fixture::run(N, D, of(1), 0.01, setting(at));
      Fixture::run(N, D, of(std::nan("")), 0.01, setting(at));
    }
  for (const auto& [N, D] : empty_and_one) Fixture::run(N, D, of(-HUGE_VAL), 0.01, setting(0));
}

// With step_of as its scale, DequantizePerTensor is the way back too.
TYPED_TEST_P(ErrorBoundTest, AnOrdinaryDequantizationIsTheSame) {
  using Exec = typename TypeParam::execution_space;
  using T = typename TypeParam::T;
  using Q = typename TypeParam::Q;
  using C = KokkosQuant::compute_t<T>;
  for (const double eps : some_bounds()) {
    const std::size_t D = 300;
    const C step = KokkosQuant::step_of<T>(ErrorBound{eps});
    EXPECT_EQ(static_cast<long double>(step), reference_step<T>(eps)) << eps;
    Random random(5);
    const Array<Q, Exec> q(1, D, {}, [&](std::size_t, std::size_t d) {
      return d < 3 ? static_cast<Q>(d - 1) : d < 6 ? std::numeric_limits<Q>::max() : static_cast<Q>(random.bits());
    });
    const Array<C, Exec> scale(1, 1, {}, [&](std::size_t, std::size_t) { return step; });
    Array<T, Exec> x(1, D, {}), y(1, D, {});
    x.to_device();
    y.to_device();
    const Exec exec;
    KokkosQuant::DequantizeFromErrorBoundPlan(exec, ErrorBound{eps},
                                              KokkosQuant::DequantizeFromErrorBoundArgs{q.const_view(), x.view()})
        .run();
    KokkosQuant::DequantizePerTensorPlan(
        exec, QuantizeDescriptor{0, 0},
        KokkosQuant::DequantizePerTensorArgs{q.const_view(), scale.line(), KokkosQuant::no_zero_point, y.view()})
        .run();
    exec.fence();
    const auto expected = y.values();
    EXPECT_TRUE(x.holds([&](std::size_t, std::size_t d) { return expected[d]; },
                        [&](std::size_t, std::size_t d) { return std::to_string(d); }))
        << eps;
  }
}

REGISTER_TYPED_TEST_SUITE_P(ErrorBoundTest, EveryElementIsWithinTheBound, EveryWidthAndPlace, CountsNoneAllAndMany,
                            AnOrdinaryDequantizationIsTheSame);

}  // namespace KokkosQuantTest
