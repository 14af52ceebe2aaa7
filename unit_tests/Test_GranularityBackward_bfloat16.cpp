// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Granularity.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<GranularityCase<Exec, Direction::backward, bfloat16_t, float>>;
INSTANTIATE_TYPED_TEST_SUITE_P(BFloat16, Granularity, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
