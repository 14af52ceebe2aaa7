// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief LearnableFakeQuantizeBackward of every granularity against terms in integers, summed in the order of the definition.
/// Included by a file each for the element types.
#pragma once

#include "KokkosQuantTest_Learnable.hpp"

namespace KokkosQuantTest {

template <class Exec, class T_, class S_>
struct LearnableCase {
  using execution_space = Exec;
  using T = T_;
  using S = S_;
  static std::string name() { return std::string(Exec::name()) + "_" + type_name<T>() + "_" + type_name<S>() + "Scale"; }
};

template <class Case>
class LearnableBackward : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using S = typename Case::S;
  using C = KokkosQuant::compute_t<T>;
  using Problem = LearnableProblem<T, S>;
  static constexpr Gradients kinds[] = {Gradients::tame, Gradients::cancelling, Gradients::wild, Gradients::cancelling};
  static constexpr QuantizeDescriptor ranges[] = {{-128, 127}, {-8, 7}, {-127, 127}, {5, 5}};

  template <class G>
  static Problem problem(const G& g, std::size_t N, std::size_t D, std::size_t i, QuantizeDescriptor range = {-8, 7}) {
    const double factor = i % 3 == 1 ? 0x1p5 : i % 3 == 2 && sizeof(C) == 4 ? 0.3 : 1;
    return Problem(N, D, cell_shape(g, N, D), range, i % 4 == 3 ? Constants::wild : Constants::tame, kinds[i % 4], i, factor);
  }
  template <class G>
  static void run(const Problem& p, const G&, const Setting& s, int in_place = 0) {
    EXPECT_TRUE((run_learnable<G, Exec, T, S>(p, s, in_place))) << describe(s);
  }
  template <class F>
  static void for_each_granularity(const F& f) {
    f(PerTensor{});
    f(PerChannel{});
    f(PerToken{});
  }
};
TYPED_TEST_SUITE_P(LearnableBackward);

TYPED_TEST_P(LearnableBackward, EveryWidthAndHeight) {
  using Fixture = LearnableBackward<TypeParam>;
  std::vector<std::size_t> lengths;
  for (std::size_t n = 1; n <= 40; ++n) lengths.push_back(n);
  for (const std::size_t n :
       {47u, 48u, 63u, 64u, 65u, 127u, 128u, 129u, 130u, 255u, 256u, 257u, 271u, 272u, 273u, 511u, 512u, 513u, 600u})
    lengths.push_back(n);
  for (const std::size_t length : lengths)
    for (const bool wide : {true, false})
      Fixture::for_each_granularity([&](const auto& g) {
        const std::size_t other = 2 + length % 3, N = wide ? other : length, D = wide ? length : other;
        const auto p = Fixture::problem(g, N, D, length, Fixture::ranges[length % 4]);
        Fixture::run(p, g, setting(0));
        Fixture::run(p, g, setting(1));
        Fixture::run(p, g, setting(length % setting_count));
      });
}

TYPED_TEST_P(LearnableBackward, EveryPlaceAndMapping) {
  using Fixture = LearnableBackward<TypeParam>;
  for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{11, 70}, {5, 300}, {300, 20}})
    Fixture::for_each_granularity([&, N = N, D = D](const auto& g) {
      for (const std::size_t seed : {4u, 5u}) {
        const auto p = Fixture::problem(g, N, D, seed);
        for (std::size_t i = 0; i < setting_count; ++i) Fixture::run(p, g, setting(i));
      }
    });
}

TYPED_TEST_P(LearnableBackward, AnyRangeAndZeroPoint) {
  using Fixture = LearnableBackward<TypeParam>;
  std::size_t i = 3;
  for (const QuantizeDescriptor range : special_ranges())
    Fixture::for_each_granularity([&](const auto& g) {
      const auto p = Fixture::problem(g, 19, 41, i, range);
      for (const std::size_t s : {std::size_t{0}, std::size_t{1}, i}) Fixture::run(p, g, setting(s));
      i += 4;  // wild constants
    });
}

// Several tasks, several launches of sums.
TYPED_TEST_P(LearnableBackward, LongLinesAndManyOfThem) {
  using Fixture = LearnableBackward<TypeParam>;
  std::size_t i = 1;
  for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{1, 70001}, {70001, 1}, {4999, 3}, {3, 4999}, {257, 300}})
    Fixture::for_each_granularity([&, N = N, D = D](const auto& g) {
      const auto p = Fixture::problem(g, N, D, i);
      Fixture::run(p, g, setting(0));
      Fixture::run(p, g, setting(1));
      Fixture::run(p, g, setting(2 + i % 6));
      i += 4;
    });
}

// Outputs of more than 8 MiB.
TYPED_TEST_P(LearnableBackward, PastTheCaches) {
  using Fixture = LearnableBackward<TypeParam>;
  const auto all = [](const auto& g) {
    auto p = Fixture::problem(g, 16, 1048, 1);
    p.repeat((std::size_t{9} << 20) / (p.N * p.D * sizeof(typename Fixture::T)));
    Fixture::run(p, g, setting(0));
    Fixture::run(p, g, setting(2));
    Fixture::run(p, g, setting(0), 2);
  };
  all(PerTensor{});
  all(PerToken{});
}

TYPED_TEST_P(LearnableBackward, InPlace) {
  using Fixture = LearnableBackward<TypeParam>;
  Fixture::for_each_granularity([&](const auto& g) {
    for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{3, 70}, {70, 3}, {1, 37}, {5, 300}}) {
      const auto p = Fixture::problem(g, N, D, 5);
      for (std::size_t i = 0; i < places.size(); ++i)
        for (const int which : {1, 2}) Fixture::run(p, g, setting(i), which);
    }
  });
}

TYPED_TEST_P(LearnableBackward, NothingAndOneElement) {
  using Fixture = LearnableBackward<TypeParam>;
  for (const auto& [N, D] :
       {std::pair<std::size_t, std::size_t>{0, 0}, {0, 5}, {5, 0}, {1, 1}, {1, 0}, {0, 1}, {300, 0}, {0, 300}})
    Fixture::for_each_granularity([&, N = N, D = D](const auto& g) {
      const auto p = Fixture::problem(g, N, D, 1);
      for (std::size_t i = 0; i < setting_count; i += 5) Fixture::run(p, g, setting(i));
    });
}

TYPED_TEST_P(LearnableBackward, WithoutZeroPoints) {
  using Fixture = LearnableBackward<TypeParam>;
  using Exec = typename TypeParam::execution_space;
  using T = typename TypeParam::T;
  using S = typename TypeParam::S;
  Fixture::for_each_granularity([&]<class G>(const G& g) {
    for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{7, 300}, {300, 7}})
      for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{6}}) {
        const LearnableProblem<T, S> p(N, D, cell_shape(g, N, D), {-8, 7}, Constants::tame, Gradients::cancelling, i, 2,
                                       ZeroPoints::none);
        EXPECT_TRUE((run_learnable<G, Exec, T, S, ZeroPoints::none, true>(p, setting(i))));
        EXPECT_TRUE((run_learnable<G, Exec, T, S, ZeroPoints::none, false>(p, setting(i))));
        EXPECT_TRUE((run_learnable<G, Exec, T, S, ZeroPoints::given, false>(p, setting(i))));
      }
  });
}

// The documented error, against sums in integers; and that a good part of what is compared are numbers, not NaN.
TYPED_TEST_P(LearnableBackward, ErrorIsWithinItsBound) {
  using Fixture = LearnableBackward<TypeParam>;
  using S = typename TypeParam::S;
  if constexpr (sizeof(S) >= 4) {
    const double unit = sizeof(typename Fixture::C) == 4 ? 0x1p-53 : 0x1p-104;
    std::size_t numbers = 0, nearly_cancelled = 0;
    const auto g = PerToken{};
    for (const auto& [N, D] :
         std::vector<std::pair<std::size_t, std::size_t>>{{40, 1}, {40, 2}, {40, 17}, {40, 300}, {9, 2501}}) {
      const typename Fixture::Problem p(N, D, cell_shape(g, N, D), {-8, 7}, Constants::tame, Gradients::cancelling, 9);
      EXPECT_TRUE((run_learnable<PerToken, typename Fixture::Exec, typename Fixture::T, S>(p, setting(0))));
      for (std::size_t n = 0; n < N; ++n) {
        ExactSum exact, magnitudes;
        bool finite = true;
        for (std::size_t d = 0; d < D; ++d) {
          const auto t = static_cast<double>(p.term.scale[n * D + d]);
          finite = finite && std::isfinite(t);
          if (finite) exact.add(t), magnitudes.add(std::fabs(t));
        }
        const S sum = p.dscale[n], size = std::fabs(sum);
        if (!finite || !std::isfinite(sum)) continue;
        const double ulp =
            static_cast<double>(std::nextafter(size, std::numeric_limits<S>::infinity())) - static_cast<double>(size);
        EXPECT_LE(exact.distance(static_cast<double>(sum)), ulp + static_cast<double>(D) * unit * magnitudes.value());
        ++numbers;
        nearly_cancelled += static_cast<double>(size) < 1e-3 * magnitudes.value() ? 1 : 0;
      }
    }
    EXPECT_GT(numbers, 60u);
    EXPECT_GT(nearly_cancelled, 10u);
  }
}

REGISTER_TYPED_TEST_SUITE_P(LearnableBackward, EveryWidthAndHeight, EveryPlaceAndMapping, AnyRangeAndZeroPoint,
                            LongLinesAndManyOfThem, PastTheCaches, InPlace, NothingAndOneElement, WithoutZeroPoints,
                            ErrorIsWithinItsBound);

}  // namespace KokkosQuantTest
