// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found for float8 codes: the largest finite |x| divided by the type's largest number, and the codes that Quantize makes
// with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "KokkosQuantTest_Fixtures.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::DynamicFloat8Descriptor;
using KokkosQuant::Float8Descriptor;
using KokkosQuant::no_zero_point;
using KokkosQuant::Overflow;

template <class Exec>
struct DynamicFloat8 : ::testing::Test {};
TYPED_TEST_SUITE(DynamicFloat8, ExecutionSpaces);

// A row of zeros, one with NaN and Inf, and others.
float value(int n, int d, int D) {
  if (n == 3) return 0;
  if (n == 5 && d == 7) return std::numeric_limits<float>::quiet_NaN();
  if (n == 5 && d == 9) return std::numeric_limits<float>::infinity();
  return static_cast<float>(static_cast<unsigned>(n * D + d) * 2654435761u % 100003u) / 1000 - 50;
}

template <class F8, class T, class S, class Layout, class Exec>
void expect_scales_and_codes(const DynamicFloat8Descriptor& descriptor, double smallest, const char* divided_by) {
  SCOPED_TRACE(divided_by);
  const int N = 11, D = 133;
  const Kokkos::View<T**, Layout, Exec> x("x", N, D);
  const Kokkos::View<F8**, Layout, Exec> q("q", N, D), expected("expected", N, D);
  const Kokkos::View<S*, Exec> scale("scale", N);
  const auto host_x = Kokkos::create_mirror_view(x);
  for (int n = 0; n < N; ++n)
    for (int d = 0; d < D; ++d) host_x(n, d) = T(value(n, d, D));
  Kokkos::deep_copy(x, host_x);

  KokkosQuant::DynamicQuantizePerTokenPlan(Exec{}, descriptor,
                                           KokkosQuant::DynamicQuantizePerTokenArgs{x, scale, no_zero_point, q})
      .run();
  KokkosQuant::QuantizePerTokenPlan(Exec{}, Float8Descriptor{descriptor.overflow},
                                    KokkosQuant::QuantizePerTokenArgs{x, scale, no_zero_point, expected})
      .run();
  Kokkos::fence();
  const auto found_scale = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, scale);
  const auto found = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, q);
  const auto codes = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, expected);
  for (int n = 0; n < N; ++n) {
    float largest = 0;
    for (int d = 0; d < D; ++d) {
      const auto element = static_cast<float>(host_x(n, d));
      if (std::isfinite(element)) largest = std::max(largest, std::abs(element));
      EXPECT_EQ(found(n, d).bits, codes(n, d).bits) << n << ", " << d;
    }
    float wanted = std::max(largest / F8::largest, static_cast<float>(smallest));
    if (descriptor.power_of_two) wanted = std::exp2(std::ceil(std::log2(wanted)));
    EXPECT_EQ(static_cast<float>(found_scale(n)), static_cast<float>(S(wanted))) << n;
  }
}

TYPED_TEST(DynamicFloat8, ScalesAndCodes) {
  using KokkosQuant::float8_e4m3_t;
  using KokkosQuant::float8_e5m2_t;
  using Right = Kokkos::LayoutRight;
  using Left = Kokkos::LayoutLeft;
  expect_scales_and_codes<float8_e4m3_t, float, float, Right, TypeParam>({}, 0x1p-126, "448, float");
  expect_scales_and_codes<float8_e5m2_t, float, float, Left, TypeParam>({}, 0x1p-126, "57344, float");
  expect_scales_and_codes<float8_e4m3_t, bfloat16_t, float, Left, TypeParam>({Overflow::non_finite}, 0x1p-126, "448, bfloat16");
  expect_scales_and_codes<float8_e5m2_t, half_t, half_t, Right, TypeParam>({}, 0x1p-14, "57344, half");
  expect_scales_and_codes<float8_e4m3_t, float, float, Right, TypeParam>({Overflow::saturate, 0.25, true}, 0.25, "448, powers");
}

}  // namespace
}  // namespace KokkosQuantTest
