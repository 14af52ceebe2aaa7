// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Dynamic.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<DynamicCase<Exec, bfloat16_t, bfloat16_t, KokkosQuant::uint4x2_t, ZeroPoints::given>,
                               DynamicCase<Exec, bfloat16_t, float, std::int16_t, ZeroPoints::none>>;
INSTANTIATE_TYPED_TEST_SUITE_P(BFloat16, Dynamic, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
