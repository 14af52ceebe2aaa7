// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_ErrorBound.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<ErrorBoundCase<Exec, float, std::int16_t>, ErrorBoundCase<Exec, float, std::int32_t>,
                               ErrorBoundCase<Exec, bfloat16_t, std::int16_t>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Float, ErrorBoundTest, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
