// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Dynamic.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<DynamicCase<Exec, half_t, half_t, std::uint8_t, ZeroPoints::given>,
                               DynamicCase<Exec, half_t, float, std::int8_t, ZeroPoints::none>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Half, Dynamic, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
