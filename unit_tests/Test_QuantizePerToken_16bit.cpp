// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_QuantizePerToken.hpp"

namespace KokkosQuantTest {

using std::int8_t;
using std::uint8_t;

template <class Exec>
using Cases =
    ::testing::Types<QuantizeCase<Exec, half_t, int8_t, half_t, ZeroPoints::given, LayoutRight>,
                     QuantizeCase<Exec, half_t, uint8_t, float, ZeroPoints::given, LayoutLeft>,
                     QuantizeCase<Exec, half_t, uint8_t, half_t, ZeroPoints::none, LayoutStride, LayoutRight, LayoutStride>,
                     QuantizeCase<Exec, bfloat16_t, uint8_t, bfloat16_t, ZeroPoints::given, LayoutLeft>,
                     QuantizeCase<Exec, bfloat16_t, int8_t, float, ZeroPoints::given, LayoutRight>,
                     QuantizeCase<Exec, bfloat16_t, int8_t, bfloat16_t, ZeroPoints::none, LayoutLeft, LayoutStride>>;
template <class Exec>
using PackedCases = ::testing::Types<QuantizeCase<Exec, half_t, int8_t, half_t, ZeroPoints::given, LayoutRight>,
                                     QuantizeCase<Exec, half_t, uint8_t, float, ZeroPoints::given, LayoutLeft>,
                                     QuantizeCase<Exec, bfloat16_t, uint8_t, bfloat16_t, ZeroPoints::given, LayoutLeft>,
                                     QuantizeCase<Exec, bfloat16_t, int8_t, float, ZeroPoints::given, LayoutRight>>;

INSTANTIATE_TYPED_TEST_SUITE_P(SixteenBits, QuantizePerToken, OverSpaces_t<Cases>, CaseNames);
INSTANTIATE_TYPED_TEST_SUITE_P(SixteenBits, QuantizePerTokenOnHost, OverHostSpaces_t<PackedCases>, CaseNames);

template <class Case>
class QuantizePerTokenOf16Bits : public QuantizePerToken<Case> {};
TYPED_TEST_SUITE(QuantizePerTokenOf16Bits, OverSpaces_t<Cases>, CaseNames);

// A row a scale, with every x.
TYPED_TEST(QuantizePerTokenOf16Bits, EveryEncoding) {
  using Fixture = QuantizePerToken<TypeParam>;
  using T = typename TypeParam::In;
  static const auto problem = [] {
    const auto scales = scales_for_every_encoding<T, typename TypeParam::Scale>();
    typename Fixture::Problem p{scales.size(), 65536 + 5, ranges_of<typename TypeParam::Out>()[0], {}, scales, {}, {}};
    const std::vector<std::int32_t> zero_points = {0,         5,   0,        -128, 127, 128, 255, 1 << 21, (1 << 21) + 1,
                                                   INT32_MIN, 300, INT32_MAX};
    for (std::size_t n = 0; n < p.N; ++n) {
      p.zero_point.push_back(Fixture::zero == ZeroPoints::none ? 0 : zero_points[n % zero_points.size()]);
      for (unsigned d = 0; d < p.D; ++d) p.in.push_back(T::from_bits(static_cast<std::uint16_t>(d)));
    }
    solve_quantize(p);
    return p;
  }();
  Fixture::run(problem, Fixture::dense);
}

}  // namespace KokkosQuantTest
