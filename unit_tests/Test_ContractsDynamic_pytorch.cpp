// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scale contracts of PyTorch against what it computed itself. Every count stands here.
#include "KokkosQuantTest_GoldenScales.hpp"

namespace KokkosQuantTest {
namespace {

namespace rules = KokkosQuant::scale_contracts;

TEST(ContractsDynamic, PyTorchObservers) {
  GoldenScaleCounts counts;
  compare_golden_scales<rules::pytorch_observer_symmetric, float, float, true>("torch_observer_symmetric", "f32", "f32", true,
                                                                               counts);
  compare_golden_scales<rules::pytorch_observer_symmetric, bfloat16_t, float, true>("torch_observer_symmetric", "bf16", "f32",
                                                                                    true, counts);
  compare_golden_scales<rules::pytorch_observer_affine, float, float, true>("torch_observer_affine", "f32", "f32", true,
                                                                            counts);
  compare_golden_scales<rules::pytorch_observer_affine, bfloat16_t, float, true>("torch_observer_affine", "bf16", "f32", true,
                                                                                 counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{178, 18, 0, ""}));
}
TEST(ContractsDynamic, PyTorchDecomposed) {
  GoldenScaleCounts counts;
  const std::string symmetric = "torch_decomposed_choose_qparams_symmetric", affine = "torch_decomposed_choose_qparams";
  compare_golden_scales<rules::pytorch_decomposed_symmetric, float, float, true>(symmetric, "f32", "f64", true, counts);
  compare_golden_scales<rules::pytorch_decomposed_symmetric, half_t, float, true>(symmetric, "f16", "f64", true, counts);
  compare_golden_scales<rules::pytorch_decomposed_symmetric, bfloat16_t, float, true>(symmetric, "bf16", "f64", true, counts);
  compare_golden_scales<rules::pytorch_decomposed_affine, float, float, true>(affine, "f32", "f64", true, counts);
  compare_golden_scales<rules::pytorch_decomposed_affine, half_t, float, true>(affine, "f16", "f64", true, counts);
  compare_golden_scales<rules::pytorch_decomposed_affine, bfloat16_t, float, true>(affine, "bf16", "f64", true, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{146, 21, 0, ""}));
}
TEST(ContractsDynamic, PyTorchPerToken) {
  GoldenScaleCounts counts;
  const std::string name = "torch_decomposed_choose_qparams_per_token";
  compare_golden_scales<rules::pytorch_per_token, float, float, false>(name, "f32", "f32", true, counts);
  compare_golden_scales<rules::pytorch_per_token, half_t, float, false>(name, "f16", "f32", true, counts);
  compare_golden_scales<rules::pytorch_per_token, bfloat16_t, bfloat16_t, false>(name, "bf16", "bf16", false, counts);
  const std::string asymmetric = "torch_decomposed_choose_qparams_per_token_asymmetric";  // (its codes are computed in double)
  compare_golden_scales<rules::pytorch_per_token_asymmetric, float, float, true>(asymmetric, "f32", "f64", false, counts);
  compare_golden_scales<rules::pytorch_per_token_asymmetric, half_t, float, true>(asymmetric, "f16", "f64", false, counts);
  compare_golden_scales<rules::pytorch_per_token_asymmetric, bfloat16_t, float, true>(asymmetric, "bf16", "f64", false, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{126, 18, 0, ""}));
}
TEST(ContractsDynamic, PyTorchDynamic) {
  GoldenScaleCounts counts;
  compare_golden_scales<rules::pytorch_dynamic, float, float, true>("torch_dynamic", "f32", "f64", true, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{35, 0, 0, ""}));
  counts = {};
  compare_golden_scales<rules::pytorch_dynamic, float, float, true>("torch_dynamic_reduced", "f32", "f64", true, counts);
  EXPECT_EQ(counts, (GoldenScaleCounts{11, 0, 0, ""}));
}

}  // namespace
}  // namespace KokkosQuantTest
