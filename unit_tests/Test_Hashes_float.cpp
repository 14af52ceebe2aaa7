// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Hashes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases =
    ::testing::Types<HashCase<Exec, float, float, KokkosQuant::int4x2_t, KokkosQuant::uint4x2_t, std::uint8_t, std::int32_t>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Float, Hashes, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
