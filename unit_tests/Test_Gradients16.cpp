// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of 16 bits are divided by their scales in blocks, mostly without a division: the bits are those of one element at a time, which
// Test_Affine.cpp holds to the reference. All gradients there are, by many scales; and blocks with one odd element in each place.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "KokkosQuantTest_Values.hpp"

namespace {

using KokkosQuant::QuantizeDescriptor;
using Limits = std::numeric_limits<float>;
using Exec = Kokkos::DefaultHostExecutionSpace;

template <class T>
T from_bits(std::uint16_t bits) {
  T value;
  std::memcpy(static_cast<void*>(&value), &bits, sizeof bits);
  return value;
}
template <class T>
std::uint16_t to_bits(const T& value) {  // any NaN is any NaN
  if (static_cast<float>(value) != static_cast<float>(value)) return 0x7fff;
  std::uint16_t bits;
  std::memcpy(&bits, static_cast<const void*>(&value), sizeof bits);
  return bits;
}
template <class T>
using Row = Kokkos::View<T**, Kokkos::LayoutRight, Exec>;

template <class T>
struct Problem {
  static constexpr QuantizeDescriptor range{-128, 127};
  int size;
  Row<T> dy{"dy", 1, static_cast<std::size_t>(size)}, x{"x", 1, static_cast<std::size_t>(size)},
      dx{"dx", 1, static_cast<std::size_t>(size)};
  Kokkos::View<float*, Exec> scale{"scale", 1}, scales{"scales", static_cast<std::size_t>(size)};
  Kokkos::View<int*, Exec> zero_point{"zero_point", 1}, zero_points{"zero_points", static_cast<std::size_t>(size)};

  // dx of all elements, by one scale for all and by a scale each
  void check(float s) {
    Kokkos::deep_copy(scale, s);
    Kokkos::deep_copy(scales, s);
    const KokkosQuant::AffineQuantizer<float> one(s, 0, range);
    const auto compare = [&](const char* plan) {
      Exec().fence();
      for (int i = 0; i < size; ++i) {
        const auto given = static_cast<float>(dy(0, i));
        const T expected(one.backward(given, static_cast<float>(x(0, i))));
        ASSERT_EQ(to_bits(dx(0, i)), to_bits(expected))
            << plan << ": " << given << " / " << s << " at " << i << ", x = " << static_cast<float>(x(0, i));
      }
    };
    KokkosQuant::QuantizePerTokenBackwardPlan(Exec(), range,
                                              KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx})
        .run();
    compare("per token");
    KokkosQuant::QuantizePerChannelBackwardPlan(Exec(), range,
                                                KokkosQuant::QuantizePerChannelBackwardArgs{dy, x, scales, zero_points, dx})
        .run();
    compare("per channel");
  }
};

template <class T>
class Gradients16 : public testing::Test {};
using Elements = testing::Types<KokkosQuant::half_t, KokkosQuant::bfloat16_t>;
TYPED_TEST_SUITE(Gradients16, Elements);

TYPED_TEST(Gradients16, AllOfThemByManyScales) {
  Problem<TypeParam> problem{1 << 16};
  for (int i = 0; i < problem.size; ++i) problem.dy(0, i) = from_bits<TypeParam>(static_cast<std::uint16_t>(i));
  std::vector<float> scales = {1.0f,           0.03f,
                               3.0f,           0x1p-40f,
                               0x1p40f,        0x1.fffffep-41f,
                               0x1.000002p40f, 0x1p-60f,
                               0x1p60f,        0x1p-13f,
                               Limits::min(),  Limits::denorm_min(),
                               Limits::max(),  Limits::infinity(),
                               0.0f,           -0.0f,
                               -0.03f,         Limits::quiet_NaN()};
  KokkosQuantTest::Random random(16);
  for (int j = 0; j < 12; ++j) scales.push_back(static_cast<float>(random.uniform(0.001, 1.0)));
  for (int j = 0; j < 12; ++j) scales.push_back(static_cast<float>(TypeParam(static_cast<float>(random.uniform(0.001, 1.0)))));
  for (const float s : scales) {
    // inside but for one in eight
    for (int i = 0; i < problem.size; ++i)
      problem.x(0, i) = TypeParam(i % 8 == 5 ? 60000.0f : s * static_cast<float>(random.uniform(-120, 120)));
    problem.check(s);
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Gradients16, OneOddElement) {
  Problem<TypeParam> problem{256};
  KokkosQuantTest::Random random(17);
  const float s = 0x1.8p-5f;
  for (const float odd : {0.0f, -0.0f, 0x1p-133f, -0x1p-126f, 0x1.8p-61f, 0x1p-60f, 0x1p127f, 65504.0f, Limits::infinity(),
                          -Limits::infinity(), Limits::quiet_NaN()})
    for (int at = 0; at < problem.size; ++at) {
      for (int i = 0; i < problem.size; ++i) {
        problem.dy(0, i) = TypeParam(static_cast<float>(random.uniform(-1, 1)));
        problem.x(0, i) = TypeParam(s * static_cast<float>(random.uniform(-140, 140)));
      }
      problem.dy(0, at) = TypeParam(odd);
      problem.check(s);
      if (this->HasFatalFailure()) return;
    }
}

}  // namespace
