// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Codes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<CodeCase<Exec, std::int16_t, float, float, ZeroPoints::given>,
                               CodeCase<Exec, std::int32_t, float, float, ZeroPoints::given>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Wide, Codes, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
