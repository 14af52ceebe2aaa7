// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Granularity.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<GranularityCase<Exec, Direction::backward, half_t, half_t>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Half, Granularity, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
