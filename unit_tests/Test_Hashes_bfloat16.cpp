// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Hashes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<HashCase<Exec, bfloat16_t, bfloat16_t, KokkosQuant::int4x2_t, KokkosQuant::int2x4_t>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Bfloat16, Hashes, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
