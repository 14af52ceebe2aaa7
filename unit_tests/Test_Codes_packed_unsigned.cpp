// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Codes.hpp"

namespace KokkosQuantTest {

using KokkosQuant::uint2x4_t;
using KokkosQuant::uint4x2_t;

template <class Exec>
using Cases = ::testing::Types<CodeCase<Exec, uint4x2_t, bfloat16_t, float, ZeroPoints::given>,
                               CodeCase<Exec, uint2x4_t, double, double, ZeroPoints::given>>;
INSTANTIATE_TYPED_TEST_SUITE_P(PackedUnsigned, Codes, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
