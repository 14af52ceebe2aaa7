// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_QuantizePerTokenBackward_16bit.hpp"

namespace KokkosQuantTest {

using T = bfloat16_t;
template <class Exec>
using Cases =
    ::testing::Types<BackwardCase<Exec, T, T, ZeroPoints::given, LayoutRight>,
                     BackwardCase<Exec, T, float, ZeroPoints::none, LayoutRight>,
                     BackwardCase<Exec, T, float, ZeroPoints::given, LayoutLeft>,
                     BackwardCase<Exec, T, T, ZeroPoints::given, LayoutStride, LayoutStride, LayoutStride, LayoutStride>,
                     BackwardCase<Exec, T, float, ZeroPoints::given, LayoutRight, LayoutLeft, LayoutRight>,
                     BackwardCase<Exec, T, T, ZeroPoints::none, LayoutStride, LayoutLeft, LayoutLeft>>;

INSTANTIATE_TYPED_TEST_SUITE_P(QuantizePerToken, Backward, OnDefaultSpace_t<Cases>, CaseNames);
INSTANTIATE_TYPED_TEST_SUITE_P(QuantizePerToken, BackwardOf16Bits, OnDefaultSpace_t<Cases>, CaseNames);
INSTANTIATE_TYPED_TEST_SUITE_P(QuantizePerToken, BackwardOnHost, OverHostSpaces_t<Cases>, CaseNames);

TEST(BackwardFarApart, OffsetsHave64Bits) { far_apart<Kokkos::DefaultHostExecutionSpace, T>(); }

}  // namespace KokkosQuantTest
