// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The plan QuantizePerToken against the contract. Included by a file each for the wide and the 16-bit element
/// types.
#pragma once

#include "KokkosQuantTest_RowOps.hpp"

namespace KokkosQuantTest {

struct Quantize {
  using tag = KokkosQuant::QuantizePerToken;
  template <class X, class S, class Z, class Q>
  static auto args(const X& x, const S& scale, const Z& zero_point, const Q& q) {
    return KokkosQuant::QuantizePerTokenArgs{x, scale, zero_point, q};
  }
};
template <class Exec, class T, class Code, class Scale, ZeroPoints Zero, class LX, class LQ = LX, class LRow = LayoutRight>
using QuantizeCase = UnaryCase<Quantize, Exec, T, Code, Scale, Zero, LX, LQ, LRow>;

template <class Problem>
void solve_quantize(Problem& p) {
  using C = KokkosQuant::compute_t<typename decltype(p.in)::value_type>;
  using Code = typename decltype(p.out)::value_type;
  p.out.resize(p.N * p.D);
  for (std::size_t i = 0; i < p.out.size(); ++i) {
    const std::size_t n = i / p.D;
    const auto scale = static_cast<C>(to_double(p.scale[n]));
    p.out[i] = static_cast<Code>(reference_quantize(static_cast<C>(to_double(p.in[i])), scale, p.zero_point[n], p.range));
  }
}

template <class Code>
std::vector<QuantizeDescriptor> ranges_of() {
  if (std::is_signed_v<Code>) return {{-128, 127}, {-127, 127}, {-8, 7}, {-20, 20}, {0, 127}, {-128, -128}, {5, 5}};
  return {{0, 255}, {1, 255}, {0, 15}, {128, 130}, {0, 0}, {255, 255}};
}

template <class Case>
class QuantizePerToken : public UnaryRunner<Case> {
 public:
  using typename UnaryRunner<Case>::Problem;
  static Problem problem(std::size_t N, std::size_t D, QuantizeDescriptor range, std::uint64_t seed) {
    Random random(seed);
    Problem p{N, D, range, {}, {}, {}, {}};
    for (std::size_t n = 0; n < N; ++n) {
      const auto [scale, zero_point] = any_row<typename Case::Scale>(random, Case::zero_points);
      const auto ties = ties_of_row<typename Case::In>(scale, zero_point, range);
      for (std::size_t d = 0; d < D; ++d) p.in.push_back(any_x<typename Case::In>(random, ties));
      p.scale.push_back(scale);
      p.zero_point.push_back(zero_point);
    }
    solve_quantize(p);
    return p;
  }
  static Problem problem(std::size_t N, std::size_t D) { return problem(N, D, ranges_of<typename Case::Out>()[N % 4], N + D); }
};
TYPED_TEST_SUITE_P(QuantizePerToken);

TYPED_TEST_P(QuantizePerToken, TiesBoundsAndSpecialValues) {
  using Fixture = QuantizePerToken<TypeParam>;
  for (const QuantizeDescriptor range : ranges_of<typename TypeParam::Out>()) {
    const auto p = Fixture::problem(150, 251, range, 1);
    Fixture::run(p, Fixture::dense);
    Fixture::run(p, Fixture::padded, Mapping::elements);
  }
}

TYPED_TEST_P(QuantizePerToken, EveryWidthAndHeight) {
  using Fixture = QuantizePerToken<TypeParam>;
  Fixture::run_every_width_and_height([](std::size_t N, std::size_t D) { return Fixture::problem(N, D); });
}

TYPED_TEST_P(QuantizePerToken, LongRowsAndManyRows) {
  using Fixture = QuantizePerToken<TypeParam>;
  for (const auto& [N, D] : large_shapes) {
    const auto p = Fixture::problem(N, D);
    Fixture::run(p, Fixture::dense);
    Fixture::run(p, Fixture::padded);
  }
}

TYPED_TEST_P(QuantizePerToken, NothingAndOneElement) {
  using Fixture = QuantizePerToken<TypeParam>;
  for (const auto& [N, D] : empty_and_one)
    for (const Mapping mapping : mappings) Fixture::run(Fixture::problem(N, D), Fixture::dense, mapping);
}

REGISTER_TYPED_TEST_SUITE_P(QuantizePerToken, TiesBoundsAndSpecialValues, EveryWidthAndHeight, LongRowsAndManyRows,
                            NothingAndOneElement);

template <class Case>
class QuantizePerTokenOnHost : public QuantizePerToken<Case> {};
TYPED_TEST_SUITE_P(QuantizePerTokenOnHost);

TYPED_TEST_P(QuantizePerTokenOnHost, TouchesNothingOutside) {
  using Fixture = QuantizePerToken<TypeParam>;
  Fixture::run_between_fences([](std::size_t N, std::size_t D) { return Fixture::problem(N, D); });
}

REGISTER_TYPED_TEST_SUITE_P(QuantizePerTokenOnHost, TouchesNothingOutside);

}  // namespace KokkosQuantTest
