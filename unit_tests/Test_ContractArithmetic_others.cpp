// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Test_ContractArithmetic.hpp"

namespace KokkosQuantTest {

using Cases = ::testing::Types<ContractCase<double, double,
                                            Contract{QuotientRule::reciprocal, ZeroPointRule::inside_rounding, MaskRule::strict,
                                                     GradientRule::product, NanRule::zero}>,
                               ContractCase<double, double,
                                            Contract{QuotientRule::divide, ZeroPointRule::after_rounding,
                                                     MaskRule::pass_through, GradientRule::select, NanRule::lowest}>,
                               ContractCase<half_t, half_t,
                                            Contract{QuotientRule::reciprocal, ZeroPointRule::inside_rounding,
                                                     MaskRule::on_input, GradientRule::product, NanRule::zero}>,
                               ContractCase<bfloat16_t, float,
                                            Contract{QuotientRule::reciprocal, ZeroPointRule::after_rounding,
                                                     MaskRule::not_outside, GradientRule::product, NanRule::lowest}>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Others, ContractArithmetic, Cases, CaseNames);

}  // namespace KokkosQuantTest
