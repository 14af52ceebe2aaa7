// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Float8Codes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<Float8Case<Exec, float8_e5m2_t, double, double, PerTensor, PerToken, PerBlock>,
                               Float8Case<Exec, float8_e5m2_t, half_t, half_t, PerChannel, PerGroup>,
                               Float8Case<Exec, float8_e5m2_t, float, float, PerToken>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Others, Float8Codes, OnDefaultSpace_t<Cases>, CaseNames);

// Every code times scales so small that some numbers are subnormal: bfloat16 has those too, and a processor's conversion may not.
template <class F8>
void expect_small_numbers() {
  using Exec = Kokkos::DefaultHostExecutionSpace;
  constexpr std::size_t rows = 61, codes = 256;
  Kokkos::View<F8**, Kokkos::LayoutRight, Exec> q("q", rows, codes);
  Kokkos::View<KokkosQuant::bfloat16_t**, Kokkos::LayoutRight, Exec> x("x", rows, codes);
  Kokkos::View<float*, Exec> scale("scale", rows);
  for (std::size_t n = 0; n < rows; ++n) {
    scale(n) = n == 60 ? 0.0f : std::ldexp(n % 2 == 0 ? 1.0f : -1.3f, -90 - static_cast<int>(n));
    for (std::size_t d = 0; d < codes; ++d) q(n, d) = F8::from_bits(static_cast<std::uint8_t>(d));
  }
  const Exec exec;
  const KokkosQuant::DequantizePerTokenPlan plan(exec, KokkosQuant::Float8Descriptor{},
                                                 KokkosQuant::DequantizePerTokenArgs{q, scale, KokkosQuant::no_zero_point, x});
  plan.run();
  exec.fence();
  const auto& table = Float8Table<F8>::get();
  for (std::size_t n = 0; n < rows; ++n)
    for (std::size_t d = 0; d < codes; ++d) {
      const float product = reference_product(static_cast<float>(table.value(static_cast<int>(d))), scale(n));
      const auto expected = reference_convert<KokkosQuant::bfloat16_t>(static_cast<double>(product));
      ASSERT_TRUE(same_bits(x(n, d), expected)) << "code " << d << ", scale " << show(scale(n)) << ": " << show(x(n, d));
    }
}
TEST(Float8Codes, NumbersThatAreSubnormal) {
  expect_small_numbers<float8_e4m3_t>();
  expect_small_numbers<float8_e5m2_t>();
}

}  // namespace KokkosQuantTest
