// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Every option of a contract against the exact reference: plans and AffineQuantizer, ties and special values.
/// Included by a file each for the element types.
#pragma once

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

using KokkosQuant::GradientRule;
using KokkosQuant::MaskRule;
using KokkosQuant::NanRule;
using KokkosQuant::QuotientRule;
using KokkosQuant::ZeroPointRule;

template <class T_, class S_, Contract Rules>
struct ContractCase {
  using T = T_;
  using S = S_;
  static constexpr Contract rules = Rules;
  static std::string name() {
    static const char* const masks[] = {"inclusive", "notOutside", "strict", "passThrough", "onInput"};
    static const char* const nans[] = {"nanToZeroPoint", "nanToLowest", "nanToZero"};
    return std::string(type_name<T>()) + (rules.quotient == QuotientRule::divide ? "_divide" : "_reciprocal") +
           (rules.zero_point == ZeroPointRule::after_rounding ? "_after_" : "_inside_") + masks[static_cast<int>(rules.mask)] +
           (rules.gradient == GradientRule::select ? "_select_" : "_product_") + nans[static_cast<int>(rules.nan)];
  }
};

template <class Case>
class ContractArithmetic : public ::testing::Test {
 public:
  using T = typename Case::T;
  using S = typename Case::S;
  using C = KokkosQuant::compute_t<T>;
  using Problem = FamilyProblem<T, S>;
  using Exec = Kokkos::DefaultExecutionSpace;

  template <class G>
  static Problem problem(const G& g, std::size_t N, std::size_t D, QuantizeDescriptor range, Constants constants,
                         std::uint64_t seed) {
    return Problem(N, D, cell_shape(g, N, D), range, constants, seed, Case::rules);
  }
  template <class G>
  static void run_plans(const Problem& p, const G& g, const Setting& s) {
    SCOPED_TRACE(describe(s));
    FamilyRunner<G, Exec, T, S, KokkosQuant::QuantizeDescriptorOf<Case::rules>> runner(p, g, s);
    EXPECT_TRUE(runner.template quantize<std::int32_t>());
    EXPECT_TRUE(runner.with_mask());
    EXPECT_TRUE(runner.quantize_backward());
  }
  static void run_scalar(const Problem& p) {
    const auto where = p.where();
    Mismatches codes, restored, masks, gradients;
    for (std::size_t i = 0; i < p.N * p.D; ++i) {
      const std::size_t k = p.cell_of(i / p.D, i % p.D);
      const auto wide = [](auto value) { return static_cast<C>(to_double(value)); };
      const auto narrow = [](C value) { return reference_convert<T>(static_cast<double>(value)); };
      const auto at = [&, i] { return where(i / p.D, i % p.D); };
      const KokkosQuant::AffineQuantizer<C, Case::rules> quantizer(wide(p.scale[k]), p.zero_point[k], p.range);
      codes.compare(quantizer.quantize(wide(p.x[i])), p.code[i], at);
      restored.compare(narrow(quantizer.fake_quantize(wide(p.x[i]))), p.fake_quantized[i], at);
      masks.compare(quantizer.is_inside(wide(p.x[i])) ? 1 : 0, p.passes[i] ? 1 : 0, at);
      gradients.compare(narrow(quantizer.backward(wide(p.gradient[i]), wide(p.x[i]))), p.quantize_gradient[i], at);
      gradients.compare(narrow(quantizer.fake_quantize_backward(wide(p.gradient[i]), wide(p.x[i]))), p.fake_gradient[i], at);
    }
    EXPECT_TRUE(codes);
    EXPECT_TRUE(restored);
    EXPECT_TRUE(masks);
    EXPECT_TRUE(gradients);
  }
};
TYPED_TEST_SUITE_P(ContractArithmetic);

TYPED_TEST_P(ContractArithmetic, TiesBoundsAndSpecialValues) {
  using Fixture = ContractArithmetic<TypeParam>;
  std::uint64_t seed = 0;
  for (const QuantizeDescriptor range : special_ranges())
    for (const Constants constants : {Constants::tame, Constants::wild}) {
      const auto by_token = Fixture::problem(PerToken{}, 23, 67, range, constants, ++seed);
      Fixture::run_scalar(by_token);
      Fixture::run_plans(by_token, PerToken{}, setting(0));
      Fixture::run_plans(by_token, PerToken{}, setting(1));
      const auto by_channel = Fixture::problem(PerChannel{}, 9, 67, range, constants, seed);
      Fixture::run_plans(by_channel, PerChannel{}, setting(seed % 8));
    }
}

// Products that a fused multiply-add would not round: x beside ties of the sum, everyday scales.
TYPED_TEST_P(ContractArithmetic, EverySumIsRounded) {
  using Fixture = ContractArithmetic<TypeParam>;
  for (const std::uint64_t seed : {100u, 101u, 102u}) {
    const auto p = Fixture::problem(PerToken{}, 97, 131, {-128, 127}, Constants::tame, seed);
    Fixture::run_scalar(p);
    Fixture::run_plans(p, PerToken{}, setting(0));
    Fixture::run_plans(p, PerToken{}, setting(1));
  }
}

REGISTER_TYPED_TEST_SUITE_P(ContractArithmetic, TiesBoundsAndSpecialValues, EverySumIsRounded);

}  // namespace KokkosQuantTest
