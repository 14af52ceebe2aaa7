// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Dynamic.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<DynamicCase<Exec, double, double, std::int16_t, ZeroPoints::given>,
                               DynamicCase<Exec, double, double, std::int32_t, ZeroPoints::none>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Double, Dynamic, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
