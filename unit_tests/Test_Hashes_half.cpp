// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Hashes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<HashCase<Exec, half_t, float, KokkosQuant::uint4x2_t, KokkosQuant::uint2x4_t, std::uint16_t>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Half, Hashes, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
