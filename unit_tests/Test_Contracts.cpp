// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The presets against what the systems themselves computed: docs/contracts.md says what they reproduce and what they do
// not. Every count stands here, so that a test that compares nothing fails.
#include <gtest/gtest.h>

#include "KokkosQuantTest_Golden.hpp"

namespace KokkosQuantTest {
namespace {

constexpr Contract brevitas_weights = with<MaskRule::pass_through>(contracts::brevitas);

TEST(Contracts, Onnx) {
  // From opset 23 on the quotient has the type of the scale.
  const GoldenFiles files{
      {"onnxruntime_per_tensor", "onnxruntime_per_axis", "onnxruntime_blocked", "onnxruntime_per_tensor_opset25"},
      [](const std::string& file, const GoldenCase& c) {
        return file == "onnxruntime_per_tensor_opset25" && c.scale_type == "f16";
      }};
  constexpr Contract rules = contracts::onnx;
  expect_golden(compare_scalar<rules, codes_alone, F32, F16, F16InF16>(files), {15, 1, 264, 343, 0});
  expect_golden(compare_plans<rules, codes_alone, PerTensor, F32, F16InF16>(files), {14, 2, 248, 343, 0});
  expect_noticed<rules, codes_alone, QuotientRule::reciprocal, F32>(files);
  expect_noticed<rules, codes_alone, ZeroPointRule::inside_rounding, F32>(files);
  expect_noticed<rules, codes_alone, NanRule::zero, F32>(files);
  expect_noticed<rules, codes_alone, NanRule::zero_point, F32>(files);
}

TEST(Contracts, Brevitas) {
  // Its codes are floats: NaN and -0 come through.
  const auto skips = [](double x) { return std::isnan(x) || (x == 0 && std::signbit(x)); };
  const GoldenFiles files{.names = {"brevitas_int_quant"}, .skips_restored = skips};
  constexpr Contract rules = contracts::brevitas;
  constexpr GoldenValues values{true, true, GoldenGradient::chained};
  expect_golden(compare_scalar<rules, values, F64, F32>(files), {7, 2, 156, 310, 163});
  expect_golden(compare_plans<rules, values, PerTensor, F32>(files), {5, 4, 120, 238, 125});
  expect_golden(compare_plans<rules, values, PerChannel, F32>(files), {5, 4, 120, 238, 125});
  expect_noticed<rules, values, QuotientRule::reciprocal, F32>(files);
  expect_noticed<rules, values, ZeroPointRule::after_rounding, F32>(files);
  expect_noticed<rules, values, MaskRule::inclusive, F32>(files);
  expect_noticed<rules, values, MaskRule::strict, F32>(files);
  expect_noticed<rules, values, GradientRule::product, F32>(files);

  const GoldenFiles weights{.names = {"brevitas_int_quant_ste"}, .skips_restored = skips};
  expect_golden(compare_scalar<brevitas_weights, values, F32>(weights), {1, 1, 29, 58, 30});
  expect_noticed<brevitas_weights, values, MaskRule::not_outside, F32>(weights);
}

TEST(Contracts, TorchAO) {
  const GoldenFiles files{.names = {"torchao_affine"}, .skips_restored = [](double x) { return std::isnan(x); }};
  constexpr Contract rules = contracts::torchao;
  constexpr GoldenValues values{true, true, GoldenGradient::by_reciprocal};
  expect_golden(compare_scalar<rules, values, F32, F16, BF16>(files), {7, 2, 163, 360, 163});
  constexpr GoldenValues forward{true, true, GoldenGradient::none};
  expect_golden(compare_plans<rules, forward, PerTensor, F32>(files), {5, 4, 125, 274, 0});
  expect_noticed<rules, values, QuotientRule::divide, F32>(files);
  expect_noticed<rules, values, ZeroPointRule::inside_rounding, F32>(files);
  expect_noticed<rules, values, MaskRule::inclusive, F32>(files);
  expect_noticed<rules, values, NanRule::lowest, F32>(files);
  expect_noticed<rules, values, NanRule::zero_point, F32>(files);
}

}  // namespace
}  // namespace KokkosQuantTest
