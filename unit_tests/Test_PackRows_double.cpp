// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_PackRows.hpp"

namespace KokkosQuantTest {
namespace {

template <class Exec>
using Cases =
    ::testing::Types<PackCase<Exec, double, LayoutRight, std::int32_t>, PackCase<Exec, double, LayoutLeft, std::int64_t>,
                     PackCase<Exec, double, LayoutStride, std::int32_t>>;

INSTANTIATE_TYPED_TEST_SUITE_P(Double, PackRows, OnDefaultSpace_t<Cases>, CaseNames);

}  // namespace
}  // namespace KokkosQuantTest
