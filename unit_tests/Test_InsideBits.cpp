// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What bits call inside is inside, whatever the scale; nearly all that is inside is called so; and the forms that rely on it give the
// bits of those that clamp, which Test_Affine.cpp holds to the reference.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cmath>
#include <cstdint>
#include <detail/KokkosQuant_InsideBits.hpp>
#include <limits>
#include <vector>

#include "KokkosQuantTest_Values.hpp"

namespace {

namespace Impl = KokkosQuant::Impl;
using KokkosQuant::QuantizeDescriptor;
using Limits = std::numeric_limits<float>;

bool called_inside(const Impl::InsideBits<std::int32_t>& inside, float x) {
  const auto bits = Impl::bits_as<std::int32_t>(x);
  return bits <= inside.positive && static_cast<std::uint32_t>(bits) <= static_cast<std::uint32_t>(inside.negative);
}
// by the contract, in double: RN(x / s) to a float, rounded to an integer, ties to even
bool is_inside(float x, float scale, std::int32_t zero_point, const QuantizeDescriptor& d) {
  const float t = x / scale;
  if (!(std::abs(t) < 0x1p40f)) return false;
  const double q = std::nearbyint(static_cast<double>(t)) + zero_point;
  return q >= d.q_min && q <= d.q_max;
}

struct Case {
  std::int32_t zero_point;
  QuantizeDescriptor range;
};
const Case cases[] = {{0, {-128, 127}},
                      {3, {-128, 127}},
                      {0, {0, 255}},
                      {255, {0, 255}},
                      {7, {-8, 7}},
                      {0, {0, 0}},
                      {-5, {0, 255}},
                      {300, {0, 255}},
                      {1 << 17, {-(1 << 17), 1 << 17}},
                      {-(1 << 17), {-(1 << 17), 1 << 17}},
                      {0, {-(1 << 18), 1 << 18}},
                      {0, {std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}}};

std::vector<float> numbers_around(float scale, const Case& c) {
  std::vector<float> x = {0.0f,          -0.0f,          Limits::infinity(), -Limits::infinity(),  Limits::quiet_NaN(),
                          Limits::max(), -Limits::max(), Limits::min(),      Limits::denorm_min(), -Limits::denorm_min()};
  x.push_back(std::copysign(Limits::quiet_NaN(), -1.0f));
  x.push_back(std::copysign(Limits::signaling_NaN(), -1.0f));
  for (const double end :
       {static_cast<double>(c.range.q_min) - c.zero_point, static_cast<double>(c.range.q_max) - c.zero_point})
    for (const double away : {-1.0, -0.5, -0.4375, -0.25, 0.0, 0.25, 0.4375, 0.5, 1.0}) {
      float at = static_cast<float>((end + away) * static_cast<double>(scale));
      for (int j = 0; j < 8; ++j) at = std::nextafter(at, -Limits::infinity());
      for (int j = 0; j < 16; ++j, at = std::nextafter(at, Limits::infinity())) x.push_back(at);
    }
  return x;
}

TEST(InsideBits, WhatIsCalledInsideIsInside) {
  KokkosQuantTest::Random random(5);
  std::vector<float> scales = {1.0f,          0.03f,   Limits::min(), Limits::denorm_min(), 3 * Limits::denorm_min(),
                               Limits::max(), 0x1p120f};
  for (int j = 1; j <= 64; ++j) scales.push_back(static_cast<float>(j) * Limits::denorm_min());
  for (const float scale :
       {Limits::min(), std::nextafter(Limits::min(), 0.0f), 2 * Limits::min(), 1.0f / 3, Limits::infinity()})
    scales.push_back(scale);
  for (int j = 0; j < 200; ++j) scales.push_back(std::abs(random.any<float>()));
  std::int64_t called = 0;
  for (const Case& c : cases) {
    for (const float scale : scales) {
      const auto inside = Impl::inside_bits(scale, c.zero_point, c.range);
      for (const float x : numbers_around(scale, c)) {
        if (!called_inside(inside, x)) continue;
        ++called;
        ASSERT_TRUE(is_inside(x, scale, c.zero_point, c.range)) << x << " / " << scale << " + " << c.zero_point;
      }
    }
  }
  EXPECT_GT(called, 100000);
}

TEST(InsideBits, NothingIsInsideOfWhatIsNoPositiveScale) {
  for (const float scale :
       {0.0f, -0.0f, -1.0f, -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN(), -Limits::denorm_min()})
    for (const Case& c : cases)
      for (const float x : numbers_around(1.0f, c))
        ASSERT_FALSE(called_inside(Impl::inside_bits(scale, c.zero_point, c.range), x));
}

TEST(InsideBits, NearlyAllThatIsInsideIsCalledSo) {
  const auto inside = Impl::inside_bits(0.5f, 3, {-128, 127});
  EXPECT_TRUE(called_inside(inside, 0.5f * 124.4375f));
  EXPECT_FALSE(called_inside(inside, 0.5f * 124.5f));
  EXPECT_TRUE(called_inside(inside, -0.5f * 131.4375f));
  EXPECT_FALSE(called_inside(inside, -0.5f * 131.5f));
  EXPECT_TRUE(called_inside(inside, 0.0f));
  EXPECT_TRUE(called_inside(inside, -0.0f));
  const auto both = Impl::inside_both(inside, Impl::inside_bits(0.25f, 0, {-8, 7}));
  EXPECT_TRUE(called_inside(both, 0.25f * 7.4375f));
  EXPECT_FALSE(called_inside(both, 0.25f * 7.5f));
  EXPECT_TRUE(called_inside(both, -0.25f * 8.4375f));
  EXPECT_FALSE(called_inside(both, -0.25f * 8.5f));
  EXPECT_FALSE(called_inside(Impl::inside_both(inside, Impl::nothing_inside), 0.0f));
}

// Rows of 256, of which one element in turn is what is said, against a plan whose cells hold an element: those are not asked.
template <class T>
class InsideBlocks : public testing::Test {};
using Elements = testing::Types<float, KokkosQuant::half_t, KokkosQuant::bfloat16_t>;
TYPED_TEST_SUITE(InsideBlocks, Elements);

TYPED_TEST(InsideBlocks, OneElementIsClampedOrNaN) {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  constexpr int N = 256;
  const QuantizeDescriptor d{-128, 127};
  const Kokkos::View<TypeParam**, Kokkos::LayoutRight, Exec> x("x", 1, N), y("y", 1, N), expected("expected", 1, N);
  const Kokkos::View<KokkosQuant::mask8_t**, Kokkos::LayoutRight, Exec> mask("mask", 1, N / 8);
  const Kokkos::View<float*, Exec> scale("scale", 1), scales("scales", N);
  const Kokkos::View<int*, Exec> zero_point("zero_point", 1), zero_points("zero_points", N);
  const auto bits = [](const TypeParam& value) { return Impl::bits_as<std::int32_t>(static_cast<float>(value)); };
  Kokkos::deep_copy(zero_point, 3);
  Kokkos::deep_copy(zero_points, 3);
  KokkosQuantTest::Random random(6);
  for (const float s : {0.03f, 8 * Limits::denorm_min()}) {
    Kokkos::deep_copy(scale, s);
    Kokkos::deep_copy(scales, s);
    for (const float odd : {s * 124.49f, s * 124.5f, s * 124.6f, s * -131.49f, s * -131.6f, Limits::infinity(),
                            -Limits::infinity(), Limits::quiet_NaN(), std::copysign(Limits::quiet_NaN(), -1.0f), -0.0f}) {
      for (int at = 0; at < N; ++at) {
        for (int i = 0; i < N; ++i) x(0, i) = TypeParam(s * static_cast<float>(random.uniform(-115, 115)));
        x(0, at) = TypeParam(odd);
        KokkosQuant::FakeQuantizePerTokenWithMaskPlan(
            Exec(), d, KokkosQuant::FakeQuantizePerTokenWithMaskArgs{x, scale, zero_point, y, mask})
            .run();
        KokkosQuant::FakeQuantizePerChannelPlan(Exec(), d,
                                                KokkosQuant::FakeQuantizePerChannelArgs{x, scales, zero_points, expected})
            .run();
        Exec().fence();
        for (int i = 0; i < N; ++i) {
          ASSERT_EQ(bits(y(0, i)), bits(expected(0, i))) << odd << " at " << at;
          const bool set = (mask(0, i / 8).byte >> (i % 8) & 1) != 0;
          ASSERT_EQ(set, is_inside(static_cast<float>(x(0, i)), s, 3, d)) << static_cast<float>(x(0, i)) << " at " << i;
        }
        KokkosQuant::FakeQuantizePerTokenPlan(Exec(), d, KokkosQuant::FakeQuantizePerTokenArgs{x, scale, zero_point, y}).run();
        Exec().fence();
        for (int i = 0; i < N; ++i) ASSERT_EQ(bits(y(0, i)), bits(expected(0, i))) << odd << " at " << at;
      }
    }
  }
}

}  // namespace
