// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_ErrorBound.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<ErrorBoundCase<Exec, double, std::int16_t>, ErrorBoundCase<Exec, double, std::int32_t>,
                               ErrorBoundCase<Exec, half_t, std::int32_t>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Others, ErrorBoundTest, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
