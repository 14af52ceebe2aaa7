// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scale contracts of torchao and FBGEMM against what these systems computed themselves. Every count stands here.
#include "KokkosQuantTest_GoldenScales.hpp"

namespace KokkosQuantTest {
namespace {

namespace rules = KokkosQuant::scale_contracts;

TEST(ContractsDynamic, TorchaoSymmetric) {
  GoldenScaleCounts counts;
  compare_golden_scales<rules::torchao_symmetric, float, float, true>("torchao_choose_symmetric", "f32", "f32", true, counts);
  compare_golden_scales<rules::torchao_symmetric, half_t, float, true>("torchao_choose_symmetric", "f16", "f32", true, counts);
  compare_golden_scales<rules::torchao_symmetric, bfloat16_t, float, true>("torchao_choose_symmetric", "bf16", "f32", true,
                                                                           counts);
  compare_golden_scales<rules::torchao_symmetric, bfloat16_t, bfloat16_t, true>("torchao_choose_symmetric", "bf16", "bf16",
                                                                                false, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{157, 21, 0, ""}));
}
TEST(ContractsDynamic, TorchaoSymmetricNoClipping) {
  GoldenScaleCounts counts;
  constexpr ScaleContract r = rules::torchao_symmetric_no_clipping;
  compare_golden_scales<r, float, float, true>("torchao_choose_symmetric_no_clipping_err", "f32", "f32", true, counts);
  compare_golden_scales<r, bfloat16_t, float, true>("torchao_choose_symmetric_no_clipping_err", "bf16", "f32", true, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{86, 9, 0, ""}));
}
TEST(ContractsDynamic, TorchaoAsymmetric) {
  GoldenScaleCounts counts;
  constexpr ScaleContract r = rules::torchao_asymmetric;
  compare_golden_scales<r, float, float, true>("torchao_choose_asymmetric", "f32", "f32", true, counts);
  compare_golden_scales<r, half_t, float, true>("torchao_choose_asymmetric", "f16", "f32", true, counts);
  compare_golden_scales<r, bfloat16_t, float, true>("torchao_choose_asymmetric", "bf16", "f32", true, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{123, 15, 0, ""}));
}
TEST(ContractsDynamic, TorchaoFloat8) {
  GoldenScaleCounts counts;
  compare_golden_float8<KokkosQuant::float8_e4m3_t, float, float>("torchao_float8", "f32", "e4m3fn", counts);
  compare_golden_float8<KokkosQuant::float8_e4m3_t, bfloat16_t, bfloat16_t>("torchao_float8", "bf16", "e4m3fn", counts);
  compare_golden_float8<KokkosQuant::float8_e5m2_t, float, float>("torchao_float8", "f32", "e5m2", counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{23, 15, 0, ""}));
}
TEST(ContractsDynamic, Fbgemm) {
  GoldenScaleCounts counts;
  compare_golden_scales<rules::fbgemm, float, float, true>("fbgemm_choose_quantization_params", "f32", "f32", true, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{35, 0, 0, ""}));
}

}  // namespace
}  // namespace KokkosQuantTest
