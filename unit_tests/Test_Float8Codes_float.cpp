// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Float8Codes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases =
    ::testing::Types<Float8Case<Exec, float8_e4m3_t, float, float, PerTensor, PerChannel, PerToken, PerGroup, PerBlock>,
                     Float8Case<Exec, float8_e4m3_t, bfloat16_t, float, PerToken, PerGroup>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Float, Float8Codes, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
