// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Dynamic.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<DynamicCase<Exec, float, float, std::int8_t, ZeroPoints::given>,
                               DynamicCase<Exec, float, float, KokkosQuant::int4x2_t, ZeroPoints::none>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Float, Dynamic, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
