// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Codes.hpp"

namespace KokkosQuantTest {

using KokkosQuant::int2x4_t;
using KokkosQuant::int4x2_t;

template <class Exec>
using Cases = ::testing::Types<CodeCase<Exec, int4x2_t, float, float, ZeroPoints::given>,
                               CodeCase<Exec, int2x4_t, half_t, half_t, ZeroPoints::none>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Packed, Codes, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
