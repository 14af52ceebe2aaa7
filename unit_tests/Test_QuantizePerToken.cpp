// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_QuantizePerToken.hpp"

namespace KokkosQuantTest {

using std::int8_t;
using std::uint8_t;

template <class Exec>
using Cases =
    ::testing::Types<QuantizeCase<Exec, float, int8_t, float, ZeroPoints::given, LayoutRight>,
                     QuantizeCase<Exec, float, uint8_t, float, ZeroPoints::given, LayoutLeft>,
                     QuantizeCase<Exec, float, int8_t, float, ZeroPoints::none, LayoutRight, LayoutLeft>,
                     QuantizeCase<Exec, float, uint8_t, float, ZeroPoints::given, LayoutStride, LayoutStride, LayoutStride>,
                     QuantizeCase<Exec, double, int8_t, double, ZeroPoints::given, LayoutLeft>,
                     QuantizeCase<Exec, double, uint8_t, double, ZeroPoints::given, LayoutRight>,
                     QuantizeCase<Exec, double, int8_t, double, ZeroPoints::none, LayoutStride, LayoutRight>>;
template <class Exec>
using PackedCases = ::testing::Types<QuantizeCase<Exec, float, int8_t, float, ZeroPoints::given, LayoutRight>,
                                     QuantizeCase<Exec, float, uint8_t, float, ZeroPoints::given, LayoutLeft>,
                                     QuantizeCase<Exec, double, int8_t, double, ZeroPoints::given, LayoutLeft>,
                                     QuantizeCase<Exec, double, uint8_t, double, ZeroPoints::given, LayoutRight>>;

INSTANTIATE_TYPED_TEST_SUITE_P(Wide, QuantizePerToken, OverSpaces_t<Cases>, CaseNames);
INSTANTIATE_TYPED_TEST_SUITE_P(Wide, QuantizePerTokenOnHost, OverHostSpaces_t<PackedCases>, CaseNames);

}  // namespace KokkosQuantTest
