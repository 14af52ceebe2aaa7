// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_Hashes.hpp"

namespace KokkosQuantTest {

template <class Exec>
using Cases = ::testing::Types<HashCase<Exec, double, double, KokkosQuant::int4x2_t, std::int16_t>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Double, Hashes, OverSpaces_t<Cases>, CaseNames);

}  // namespace KokkosQuantTest
