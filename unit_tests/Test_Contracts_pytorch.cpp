// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The presets for PyTorch against what it computed itself: docs/contracts.md says what they reproduce and what they do not.
// Every count stands here, so that a test that compares nothing fails.
#include <gtest/gtest.h>

#include "KokkosQuantTest_Golden.hpp"

namespace KokkosQuantTest {
namespace {

constexpr Contract pytorch_codes = with<NanRule::zero>(contracts::pytorch_fake_quantize);

TEST(Contracts, PyTorchFakeQuantize) {
  const GoldenFiles files{{"torch_fake_quantize_per_tensor", "torch_fake_quantize_per_channel"}};
  constexpr Contract rules = contracts::pytorch_fake_quantize;
  constexpr GoldenValues values{false, true, GoldenGradient::of_fake_quantize};
  constexpr GoldenCounts counts{13, 2, 0, 291, 297};
  expect_golden(compare_scalar<rules, values, F32, F16, BF16>(files), counts);
  expect_golden(compare_plans<rules, values, PerTensor, F32, F16, BF16>(files), counts);
  expect_golden(compare_plans<rules, values, PerChannel, F32, F16, BF16>(files), counts);
  expect_noticed<rules, values, QuotientRule::divide, F32>(files);
  expect_noticed<rules, values, ZeroPointRule::inside_rounding, F32>(files);
  expect_noticed<rules, values, MaskRule::strict, F32>(files);
  expect_noticed<rules, values, MaskRule::not_outside, F32>(files);
  expect_noticed<rules, values, MaskRule::pass_through, F32>(files);
  expect_noticed<rules, values, MaskRule::on_input, F32>(files);
  expect_noticed<rules, values, GradientRule::select, F32>(files);
  expect_noticed<rules, values, NanRule::zero, F32>(files);
  expect_noticed<rules, values, NanRule::zero_point, F32>(files);
}

TEST(Contracts, PyTorchCodes) {
  const GoldenFiles files{{"torch_decomposed_per_tensor", "torch_decomposed_per_channel", "torch_quantize_per_channel",
                           "torch_quantize_per_tensor"}};
  expect_golden(compare_scalar<pytorch_codes, codes_alone, F32, F16, BF16>(files), {15, 0, 310, 372, 0});
  expect_golden(compare_plans<pytorch_codes, codes_alone, PerTensor, F32>(files), {11, 4, 250, 284, 0});
  expect_noticed<pytorch_codes, codes_alone, QuotientRule::divide, F32>(files);
  expect_noticed<pytorch_codes, codes_alone, ZeroPointRule::inside_rounding, F32>(files);
  expect_noticed<pytorch_codes, codes_alone, NanRule::lowest, F32>(files);
  expect_noticed<pytorch_codes, codes_alone, NanRule::zero_point, F32>(files);
}

TEST(Contracts, PyTorchPerToken) {
  const GoldenFiles files{{"torch_decomposed_per_token"}};
  constexpr Contract rules = contracts::pytorch_per_token;
  expect_golden(compare_scalar<rules, codes_alone, F64, F32, F16, F16InF16, BF16>(files), {9, 2, 164, 226, 0});
  expect_golden(compare_plans<rules, codes_alone, PerTensor, F64, F32>(files), {6, 5, 118, 159, 0});
  expect_golden(compare_plans<rules, codes_alone, PerChannel, F64, F32>(files), {6, 5, 118, 159, 0});
  expect_noticed<rules, codes_alone, QuotientRule::divide, F32, F64, F16, F16InF16, BF16>(files);
  expect_noticed<rules, codes_alone, ZeroPointRule::after_rounding, F32>(files);
  expect_noticed<rules, codes_alone, NanRule::lowest, F32>(files);
  expect_noticed<rules, codes_alone, NanRule::zero_point, F32>(files);
}

}  // namespace
}  // namespace KokkosQuantTest
