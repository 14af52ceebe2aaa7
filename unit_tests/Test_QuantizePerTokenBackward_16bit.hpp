// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What 16 bits allow: all 65,536 x and all 65,536 dy, with many scales.
#pragma once

#include "Test_QuantizePerTokenBackward.hpp"

namespace KokkosQuantTest {

/// A row a scale: first every x, each with another dy; then every dy with an x that is inside of every range around 0.
template <sixteen_bits T, class Scale>
BackwardProblem<T, Scale> every_encoding_problem(ZeroPoints zero) {
  const std::vector<Scale> scales = scales_for_every_encoding<T, Scale>();
  const std::vector<std::int32_t> zero_points = {0, 5, 0, -128, 0, 127, 0, 1 << 21, 0, INT32_MIN, 0, INT32_MAX, 0, 129};
  BackwardProblem<T, Scale> p{scales.size(), 2 * 65536 + 13, {-128, 127}, {}, {}, scales, {}, {}};
  for (std::size_t n = 0; n < p.N; ++n) {
    p.zero_point.push_back(zero == ZeroPoints::none ? 0 : zero_points[n % zero_points.size()]);
    for (unsigned d = 0; d < p.D; ++d) {
      const bool every_x = d < 65536;
      p.x.push_back(T::from_bits(static_cast<std::uint16_t>(every_x ? d : 0)));
      p.dy.push_back(T::from_bits(
          static_cast<std::uint16_t>(every_x ? 40503 * (d + static_cast<unsigned>(n)) : d)));  // odd: a permutation
    }
  }
  p.solve();
  return p;
}

template <class Case>
class BackwardOf16Bits : public Backward<Case> {};
TYPED_TEST_SUITE_P(BackwardOf16Bits);

TYPED_TEST_P(BackwardOf16Bits, EveryEncodingOfXAndDy) {
  using Fixture = Backward<TypeParam>;
  static const auto problem = every_encoding_problem<typename Fixture::T, typename Fixture::Scale>(Fixture::zero);
  Fixture::run(problem, Fixture::dense);
  if (Fixture::one_layout) Fixture::run(problem, Fixture::padded, Output::in_x, Mapping::elements);
}

REGISTER_TYPED_TEST_SUITE_P(BackwardOf16Bits, EveryEncodingOfXAndDy);

}  // namespace KokkosQuantTest
