// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The branch-free forms that devices use give the bits of the dividing ones, which Test_Affine.cpp holds to the reference.
// They are ordinary functions, so the host tests them too. unit_tests/exhaustive has the quotient itself.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <detail/KokkosQuant_AffineQuick.hpp>
#include <limits>
#include <vector>

#include "KokkosQuantTest_Values.hpp"

namespace {

namespace Impl = KokkosQuant::Impl;
using KokkosQuant::QuantizeDescriptor;

template <class C>
class AffineQuick : public testing::Test {
 protected:
  C quick_scale() {
    constexpr int exponent = sizeof(C) == 8 ? 400 : 40;
    return std::ldexp(static_cast<C>(random_.uniform(1, 2)), static_cast<int>(random_.below(2 * exponent - 1)) - exponent);
  }

  // Quotients of every size around a scale, its ties and the ends of the range, and all that is special.
  std::vector<C> numerators(C scale, const std::vector<C>& quotients) {
    std::vector<C> x = {C(0),
                        -C(0),
                        std::numeric_limits<C>::infinity(),
                        -std::numeric_limits<C>::infinity(),
                        std::numeric_limits<C>::quiet_NaN(),
                        std::numeric_limits<C>::denorm_min(),
                        std::numeric_limits<C>::min(),
                        std::numeric_limits<C>::max(),
                        std::numeric_limits<C>::lowest(),
                        C(0x1p-60),
                        C(0x1p80)};
    for (int j = 0; j < 20; ++j) x.push_back(random_.template any<C>());
    for (const C t : quotients) {
      const C near = t * scale;
      x.insert(x.end(), {near, std::nextafter(near, C(0)), std::nextafter(near, 2 * near)});
    }
    return x;
  }

 private:
  KokkosQuantTest::Random random_{1};
};
using Computes = testing::Types<float, double>;
TYPED_TEST_SUITE(AffineQuick, Computes);

template <class C>
bool same(C a, C b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

struct Case {
  std::int32_t zero_point;
  QuantizeDescriptor range;
};
const Case cases[] = {{0, {-128, 127}},
                      {3, {-128, 127}},
                      {-7, {0, 255}},
                      {1 << 20, {-8, 7}},
                      {-(1 << 20), {0, 255}},
                      {0, {-(1 << 20), 1 << 20}},
                      {1 << 20, {-(1 << 20), -(1 << 20)}}};

template <class C>
std::vector<C> bounds_and_ties(const Case& c) {
  std::vector<C> t = {C(0.5), C(-0.5), C(1.5), C(2.5)};
  for (const std::int32_t q : {c.range.q_min, c.range.q_max})
    for (const C d : {C(-1), C(-0.5), C(0), C(0.5), C(1)}) t.push_back(static_cast<C>(q - c.zero_point) + d);
  return t;
}

TYPED_TEST(AffineQuick, BackwardIsTheDivision) {
  using C = TypeParam;
  long compared = 0;
  for (const Case& c : cases)
    for (int trial = 0; trial < 300; ++trial) {
      const C s = this->quick_scale();
      const auto k = Impl::quick_backward_constants(s, c.zero_point, c.range);
      ASSERT_TRUE(k.quick) << s;
      const KokkosQuant::AffineQuantizer<C> exact(s, c.zero_point, c.range);
      const auto x = this->numerators(s, bounds_and_ties<C>(c)), gradients = this->numerators(C(1), bounds_and_ties<C>(c));
      for (std::size_t j = 0; j < x.size(); ++j) {
        const C dy = gradients[(7 * j + static_cast<std::size_t>(trial)) % gradients.size()];
        if (!Impl::is_quick_numerator(dy)) continue;
        ++compared;
        ASSERT_TRUE(same(Impl::quick_quantize_backward(k, dy, x[j]), exact.backward(dy, x[j])))
            << std::hexfloat << "dy " << dy << ", x " << x[j] << ", scale " << s << ", zero point " << c.zero_point << ": got "
            << Impl::quick_quantize_backward(k, dy, x[j]) << ", expected " << exact.backward(dy, x[j]);
      }
    }
  EXPECT_GT(compared, 50000);
}

TYPED_TEST(AffineQuick, ForwardIsTheDivision) {
  using C = TypeParam;
  for (const Case& c : cases)
    for (int trial = 0; trial < 300; ++trial) {
      const C s = this->quick_scale();
      const auto k = Impl::quick_quantize_constants(s, c.zero_point, c.range);
      ASSERT_TRUE(k.quick) << s;
      const KokkosQuant::AffineQuantizer<C> exact(s, c.zero_point, c.range);
      for (const C x : this->numerators(s, bounds_and_ties<C>(c)))
        if (!std::isnan(x)) {
          ASSERT_EQ(Impl::quick_quantize(k, x), exact.quantize(x))
              << std::hexfloat << "x " << x << ", scale " << s << ", zero point " << c.zero_point;
        }
    }
}

TYPED_TEST(AffineQuick, RefusesWhatItCannotDo) {
  using C = TypeParam;
  const C inf = std::numeric_limits<C>::infinity(), nan = std::numeric_limits<C>::quiet_NaN();
  const QuantizeDescriptor range{-128, 127};
  const C largest = sizeof(C) == 8 ? C(0x1p400) : C(0x1p40);
  for (const C s : {C(0), -C(0), C(-1), inf, -inf, nan, std::nextafter(1 / largest, C(0)), std::nextafter(largest, inf)}) {
    EXPECT_FALSE(Impl::quick_backward_constants(s, 0, range).quick) << s;
    EXPECT_FALSE(Impl::quick_quantize_constants(s, 0, range).quick) << s;
  }
  EXPECT_FALSE(Impl::quick_quantize_constants(C(1), (1 << 20) + 1, range).quick);
  EXPECT_FALSE(Impl::quick_quantize_constants(C(1), std::numeric_limits<std::int32_t>::min(), range).quick);
  for (const C dy : {inf, -inf, nan, std::numeric_limits<C>::denorm_min(), std::nextafter(C(0x1p-60), C(0)),
                     -std::nextafter(C(0x1p80), inf)})
    EXPECT_FALSE(Impl::is_quick_numerator(dy)) << dy;
  for (const C dy : {C(0), -C(0), C(0x1p-60), C(-0x1p80), C(1)}) EXPECT_TRUE(Impl::is_quick_numerator(dy)) << dy;
}

// What hosts compute masks with: bounds of x itself. The first and the last float inside, and their neighbours outside, of scales of
// every size: where one product were rounded the wrong way, one of these would be on the wrong side.
TEST(InsideConstants, BoundsAreTheDivisions) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  KokkosQuantTest::Random random(2);
  std::vector<float> scales = {0.0f,
                               std::numeric_limits<float>::denorm_min(),
                               std::numeric_limits<float>::max(),
                               1.0f,
                               0x1p-126f,
                               0x1p-149f * 3,
                               0x1.fffffep-1f,
                               0x1.fffffep127f};
  for (int e = -149; e < 128; ++e)
    for (int trial = 0; trial < 40; ++trial) scales.push_back(std::ldexp(static_cast<float>(random.uniform(1, 2)), e));
  long edges = 0;
  for (const Case& c : cases)
    for (const float s : scales) {
      const auto k = Impl::inside_constants(s, c.zero_point, c.range);
      ASSERT_TRUE(k.simple) << s;
      const KokkosQuant::AffineQuantizer<float> exact(s, c.zero_point, c.range);
      std::vector<float> x = {k.in_min,           k.in_max, 0.0f, -0.0f, inf, -inf, std::numeric_limits<float>::quiet_NaN(),
                              random.any<float>()};
      for (const float edge : {k.in_min, k.in_max}) x.insert(x.end(), {std::nextafter(edge, inf), std::nextafter(edge, -inf)});
      for (const float t : bounds_and_ties<float>(c)) x.push_back(t * s);
      for (const float x_j : x) {
        ASSERT_EQ(Impl::within(x_j, k.in_min, k.in_max), exact.is_inside(x_j))
            << std::hexfloat << "x " << x_j << ", scale " << s << ", zero point " << c.zero_point << ", range " << c.range.q_min
            << " .. " << c.range.q_max;
        edges += exact.is_inside(x_j) && !exact.is_inside(std::nextafter(x_j, inf)) ? 1 : 0;
      }
    }
  EXPECT_GT(edges, 50000);  // (bounds that many were looked at from both sides)
}
TEST(InsideConstants, RefusesWhatTheyCannotDo) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  const QuantizeDescriptor range{-128, 127};
  for (const float s : {-1.0f, -0.0f, inf, -inf}) EXPECT_FALSE(Impl::inside_constants(s, 0, range).simple) << s;
  for (const std::int32_t far : {(1 << 20) + 1, -(1 << 20) - 1, std::numeric_limits<std::int32_t>::min()}) {
    EXPECT_FALSE(Impl::inside_constants(1.0f, far, range).simple) << far;
    EXPECT_FALSE(Impl::inside_constants(1.0f, 0, {std::min(far, 0), std::max(far, 0)}).simple) << far;
  }
}

// Lines go without a division where all of a block are numbers of moderate quotients: next to each tie, and with one element that is
// not so; with scales up to the largest for which that holds and beyond.
template <class C>
class QuickLines : public testing::Test {
 protected:
  static constexpr bool is_double = sizeof(C) == 8;
  static constexpr C inf = std::numeric_limits<C>::infinity(), nan = std::numeric_limits<C>::quiet_NaN();
  static std::vector<int> exponents() {
    if (is_double) return {-1030, -1000, -402, -401, -400, -100, -1, 0, 30, 399, 400, 401, 900, 1010};
    return {-140, -126, -110, -42, -41, -40, -12, -1, 0, 30, 39, 40, 41, 110};
  }
  static std::vector<C> odd() {
    const C shift = is_double ? C(0x1p52) : C(0x1p23), largest = std::numeric_limits<C>::max();
    return {C(0),
            -C(0),
            inf,
            -inf,
            nan,
            largest,
            -largest / 8,
            std::numeric_limits<C>::denorm_min(),
            shift * 256,
            shift,
            shift * C(0.75),
            shift * C(-0.5)};
  }
  static constexpr int columns = 1536;
  const int rows = 8 * static_cast<int>(exponents().size());
  const QuantizeDescriptor range{-100, 90};
  template <class T>
  using Lines = Kokkos::View<T**, Kokkos::LayoutRight, Kokkos::HostSpace>;
  Lines<C> x{"x", static_cast<std::size_t>(rows), columns};
  Kokkos::View<C*, Kokkos::HostSpace> scale{"scale", static_cast<std::size_t>(rows)};
  Kokkos::View<int*, Kokkos::HostSpace> zero_point{"zero_point", static_cast<std::size_t>(rows)};

  void SetUp() override {
    KokkosQuantTest::Random random(5);
    for (int n = 0; n < rows; ++n) {
      scale(n) = std::ldexp(static_cast<C>(random.uniform(1, 2)), exponents()[static_cast<std::size_t>(n) / 8]);
      zero_point(n) = static_cast<int>(random.below(41)) - 20;
      for (int d = 0; d < columns; ++d) {
        const C tie = (static_cast<C>(d / 5 - columns / 10) + C(0.5)) * scale(n);
        x(n, d) = tie;
        for (int step = 0; step < std::abs(d % 5 - 2); ++step) x(n, d) = std::nextafter(x(n, d), d % 5 < 2 ? -inf : inf);
      }
      if (n % 2 == 1) x(n, static_cast<int>(random.below(columns))) = odd()[static_cast<std::size_t>(n / 2) % odd().size()];
    }
  }
  // expected(the exact quantizer, x) at each element
  template <class At, class Expected>
  void expect(const At& at, const Expected& expected) const {
    Kokkos::fence();
    for (int n = 0; n < rows; ++n) {
      const KokkosQuant::AffineQuantizer<C> exact(scale(n), zero_point(n), range);
      for (int d = 0; d < columns; ++d)
        ASSERT_TRUE(same(static_cast<C>(at(n, d)), static_cast<C>(expected(exact, x(n, d)))))
            << std::hexfloat << "x " << x(n, d) << ", scale " << scale(n) << ": got " << at(n, d);
    }
  }
};
TYPED_TEST_SUITE(QuickLines, Computes);

TYPED_TEST(QuickLines, CodesAreTheDivisions) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  const auto code = [](const auto& exact, TypeParam x) { return exact.quantize(x); };
  const auto run = [&](const auto& q) {
    KokkosQuant::QuantizePerTokenPlan(Exec(), this->range,
                                      KokkosQuant::QuantizePerTokenArgs{this->x, this->scale, this->zero_point, q})
        .run();
    this->expect(q, code);
  };
  run(typename TestFixture::template Lines<std::int8_t>("q", this->x.extent(0), this->x.extent(1)));
  run(typename TestFixture::template Lines<std::int16_t>("q", this->x.extent(0), this->x.extent(1)));
}

TYPED_TEST(QuickLines, WhatComesBackIsTheDivisions) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  const auto fake = [](const auto& exact, TypeParam x) { return exact.fake_quantize(x); };
  const auto empty = [&] { return typename TestFixture::template Lines<TypeParam>("y", this->x.extent(0), this->x.extent(1)); };
  const auto y = empty(), with_mask = empty();
  KokkosQuant::FakeQuantizePerTokenPlan(Exec(), this->range,
                                        KokkosQuant::FakeQuantizePerTokenArgs{this->x, this->scale, this->zero_point, y})
      .run();
  this->expect(y, fake);
  const typename TestFixture::template Lines<KokkosQuant::mask8_t> mask("mask", this->x.extent(0), this->x.extent(1) / 8);
  KokkosQuant::FakeQuantizePerTokenWithMaskPlan(
      Exec(), this->range,
      KokkosQuant::FakeQuantizePerTokenWithMaskArgs{this->x, this->scale, this->zero_point, with_mask, mask})
      .run();
  this->expect(with_mask, fake);
  this->expect([&](int n, int d) { return mask(n, d / 8).byte >> (d % 8) & 1; },
               [](const auto& exact, TypeParam x) { return exact.is_inside(x) ? 1 : 0; });
}

}  // namespace
