// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Codes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<CodeCase<Exec, std::uint16_t, half_t, float, ZeroPoints::given>,
                               CodeCase<Exec, std::int32_t, double, double, ZeroPoints::given>>;
INSTANTIATE_TYPED_TEST_SUITE_P(WideUnsigned, Codes, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
