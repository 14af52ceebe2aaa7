// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The branch-free forms that devices use give the bits of the dividing ones, which Test_Affine.cpp holds to the reference.
// They are ordinary functions, so the host tests them too. unit_tests/exhaustive has the quotient itself.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
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
  C quick_scale() { return std::ldexp(static_cast<C>(random_.uniform(1, 2)), static_cast<int>(random_.below(79)) - 40); }

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
      const auto x = this->numerators(s, bounds_and_ties<C>(c));
      for (std::size_t j = 0; j < x.size(); ++j) {
        const C dy = x[(7 * j + static_cast<std::size_t>(trial)) % x.size()];
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
  for (const C s : {C(0), -C(0), C(-1), inf, -inf, nan, C(0x1p-41), std::nextafter(C(0x1p40), inf)}) {
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

}  // namespace
