// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales found for float8 codes: the largest finite |x| divided by the type's largest number, and the codes that Quantize makes
// with them. What comes back of these is what DynamicFakeQuantize writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "KokkosQuantTest_Dynamic.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::DynamicFloat8Descriptor;
using KokkosQuant::DynamicFloat8DescriptorOf;
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

// DynamicFakeQuantize, in place too, and Dequantize after DynamicQuantize: the same scales and bits.
template <class F8, class T, class Layout, class Exec, class G, class Scale>
void expect_composition(const G& g, std::size_t N, std::size_t D, const Scale& scale, const DynamicFloat8Descriptor& d) {
  using Dynamic = DynamicFamily<G>;
  using Plain = Family<G>;
  SCOPED_TRACE(Dynamic::FakeQuantize::name());
  const Kokkos::View<T**, Layout, Exec> x("x", N, D), y("y", N, D), expected("expected", N, D);
  const Kokkos::View<F8**, Layout, Exec> q("q", N, D);
  const auto host_x = Kokkos::create_mirror_view(x);
  for (std::size_t n = 0; n < N; ++n)
    for (std::size_t k = 0; k < D; ++k) host_x(n, k) = T(value(static_cast<int>(n), static_cast<int>(k), static_cast<int>(D)));
  Kokkos::deep_copy(x, host_x);
  const auto run = [&]<class Op>(std::type_identity<Op>, const auto& descriptor, const auto& args) {
    const auto plan = KokkosQuant::select<Op>(Exec{}, descriptor, args);
    if constexpr (requires { plan.workspace_size(); })
      plan.run(Kokkos::View<std::byte*, Exec>("workspace", plan.workspace_size()));
    else
      plan.run();
    Kokkos::fence();
  };
  using Codes = typename Dynamic::Quantize;
  using Fake = typename Dynamic::FakeQuantize;
  using Back = typename Plain::Dequantize;
  run(std::type_identity<Codes>{}, d, Dynamic::args(static_cast<const Codes*>(nullptr), g, x, scale, no_zero_point, q));
  run(std::type_identity<Back>{}, Float8Descriptor{},
      Plain::args(static_cast<const Back*>(nullptr), g, q, scale, no_zero_point, expected));
  const auto wanted_scale = Kokkos::create_mirror(scale);
  Kokkos::deep_copy(wanted_scale, scale);
  const auto wanted = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, expected);
  for (const bool in_place : {false, true}) {
    Kokkos::deep_copy(scale, typename Scale::non_const_value_type(7.0f));
    const auto& out = in_place ? x : y;
    run(std::type_identity<Fake>{}, DynamicFloat8DescriptorOf<F8>(d.overflow, d.eps, d.power_of_two),
        Dynamic::args(static_cast<const Fake*>(nullptr), g, x, scale, no_zero_point, out));
    const auto found_scale = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, scale);
    for (std::size_t k = 0; k < scale.size(); ++k)
      ASSERT_TRUE(same_bits(found_scale.data()[k], wanted_scale.data()[k])) << "scale " << k;
    const auto found = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, out);
    for (std::size_t n = 0; n < N; ++n)
      for (std::size_t k = 0; k < D; ++k)
        ASSERT_TRUE(same_bits(found(n, k), wanted(n, k))) << n << ", " << k << ", " << in_place;
  }
}

TYPED_TEST(DynamicFloat8, FakeQuantizeIsDequantizeAfterQuantize) {
  using KokkosQuant::float8_e4m3_t;
  using KokkosQuant::float8_e5m2_t;
  using Right = Kokkos::LayoutRight;
  using Left = Kokkos::LayoutLeft;
  const auto line = [](std::size_t n) { return Kokkos::View<float*, TypeParam>("scale", n); };
  const auto grid = [](std::size_t n, std::size_t d) { return Kokkos::View<half_t**, Left, TypeParam>("scale", n, d); };
  const DynamicFloat8Descriptor overflows{Overflow::non_finite}, powers{Overflow::saturate, 0.25, true};
  expect_composition<float8_e4m3_t, float, Right, TypeParam>(PerToken{}, 11, 133, line(11), {});
  expect_composition<float8_e5m2_t, float, Left, TypeParam>(PerToken{}, 11, 133, line(11), overflows);
  expect_composition<float8_e4m3_t, bfloat16_t, Right, TypeParam>(PerChannel{}, 37, 70, line(70), overflows);
  expect_composition<float8_e4m3_t, float, Right, TypeParam>(PerTensor{}, 4, 70001, line(1), powers);
  expect_composition<float8_e4m3_t, half_t, Right, TypeParam>(PerGroup{19}, 7, 200, grid(7, 11), {});
  expect_composition<float8_e5m2_t, half_t, Left, TypeParam>(PerBlock{5, 32}, 23, 70, grid(5, 3), {});
}

}  // namespace
}  // namespace KokkosQuantTest
