// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Float8Codes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<Float8Case<Exec, float8_e5m2_t, double, double, PerTensor, PerToken, PerBlock>,
                               Float8Case<Exec, float8_e5m2_t, half_t, half_t, PerChannel, PerGroup>,
                               Float8Case<Exec, float8_e5m2_t, float, float, PerToken>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Others, Float8Codes, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
