// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_PackRows.hpp"

namespace KokkosQuantTest {
namespace {

template <class Exec>
using Cases = ::testing::Types<PackCase<Exec, bfloat16_t, LayoutRight, std::int32_t>,
                               PackCase<Exec, bfloat16_t, LayoutLeft, std::int64_t>,
                               PackCase<Exec, bfloat16_t, LayoutStride, std::int32_t>>;

INSTANTIATE_TYPED_TEST_SUITE_P(Bfloat16, PackRows, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace
}  // namespace KokkosQuantTest
