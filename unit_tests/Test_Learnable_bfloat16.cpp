// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Learnable.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<LearnableCase<Exec, bfloat16_t, float>>;
INSTANTIATE_TYPED_TEST_SUITE_P(BFloat16, LearnableBackward, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
