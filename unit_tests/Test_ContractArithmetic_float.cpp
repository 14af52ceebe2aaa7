// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_ContractArithmetic.hpp"

namespace KokkosQuantTest {

// Each option once at least; the products of all of them would take long to compile.
using Cases = ::testing::Types<ContractCase<float, float,
                                            Contract{QuotientRule::reciprocal, ZeroPointRule::inside_rounding,
                                                     MaskRule::inclusive, GradientRule::product, NanRule::lowest}>,
                               ContractCase<float, float,
                                            Contract{QuotientRule::divide, ZeroPointRule::inside_rounding,
                                                     MaskRule::not_outside, GradientRule::select, NanRule::zero_point}>,
                               ContractCase<float, float,
                                            Contract{QuotientRule::reciprocal, ZeroPointRule::after_rounding, MaskRule::strict,
                                                     GradientRule::select, NanRule::zero}>,
                               ContractCase<float, float,
                                            Contract{QuotientRule::divide, ZeroPointRule::after_rounding, MaskRule::on_input,
                                                     GradientRule::product, NanRule::zero_point}>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Float, ContractArithmetic, Cases, CaseNames);

}  // namespace KokkosQuantTest
