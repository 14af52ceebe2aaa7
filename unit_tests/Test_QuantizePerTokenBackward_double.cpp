// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_QuantizePerTokenBackward.hpp"

namespace KokkosQuantTest {

using T = double;
template <class Exec>
using Cases =
    ::testing::Types<BackwardCase<Exec, T, T, ZeroPoints::given, LayoutRight>,
                     BackwardCase<Exec, T, T, ZeroPoints::none, LayoutLeft>,
                     BackwardCase<Exec, T, T, ZeroPoints::given, LayoutLeft>,
                     BackwardCase<Exec, T, T, ZeroPoints::given, LayoutStride, LayoutStride, LayoutStride, LayoutStride>,
                     BackwardCase<Exec, T, T, ZeroPoints::none, LayoutRight, LayoutLeft, LayoutRight>,
                     BackwardCase<Exec, T, T, ZeroPoints::given, LayoutStride, LayoutLeft, LayoutLeft>>;

INSTANTIATE_TYPED_TEST_SUITE_P(QuantizePerToken, Backward, OnDefaultSpace_t<Cases>, CaseNames);
INSTANTIATE_TYPED_TEST_SUITE_P(QuantizePerToken, BackwardOnHost, OverHostSpaces_t<Cases>, CaseNames);

TEST(BackwardFarApart, OffsetsHave64Bits) { far_apart<Kokkos::DefaultHostExecutionSpace, T>(); }

}  // namespace KokkosQuantTest
