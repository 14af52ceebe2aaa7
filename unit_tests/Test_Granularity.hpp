// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Every op with every granularity against the exact reference. Included by a file each for the element types.
#pragma once

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

/// Which ops a program tests: it compiles in half the time.
enum class Direction { forward, backward };

template <class Exec, Direction Way, class T_, class S_>
struct GranularityCase {
  using execution_space = Exec;
  static constexpr Direction way = Way;
  using T = T_;
  using S = S_;
  static std::string name() { return std::string(Exec::name()) + "_" + type_name<T>() + "_" + type_name<S>() + "Scale"; }
};

template <class Case>
class Granularity : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using S = typename Case::S;
  using Problem = FamilyProblem<T, S>;
  using Code = std::int8_t;
  static constexpr QuantizeDescriptor code_ranges[] = {{-128, 127}, {-8, 7}, {-127, 127}, {5, 5}};

  template <class G>
  static Problem problem(const G& g, std::size_t N, std::size_t D, QuantizeDescriptor range, Constants constants,
                         std::uint64_t seed = 1) {
    return Problem(N, D, cell_shape(g, N, D), range, constants, seed);
  }
  /// Every op; those with codes where int8 holds them.
  template <class G>
  static void run(const Problem& p, const G& g, const Setting& s) {
    SCOPED_TRACE(describe(s));
    FamilyRunner<G, Exec, T, S> runner(p, g, s);
    if constexpr (Case::way == Direction::forward) {
      const bool fits = p.range.q_min >= -128 && p.range.q_max <= 127;
      EXPECT_TRUE(!fits || runner.template quantize<Code>());
      EXPECT_TRUE(runner.template dequantize<Code>());
      EXPECT_TRUE(runner.fake_quantize());
      EXPECT_TRUE(runner.with_mask());
    } else {
      EXPECT_TRUE(runner.quantize_backward());
      EXPECT_TRUE(runner.fake_quantize_backward());
      EXPECT_TRUE(runner.dequantize_backward());
    }
  }
  template <class G>
  static void run_in_place(const Problem& p, const G& g, const Setting& s) {
    SCOPED_TRACE(describe(s));
    FamilyRunner<G, Exec, T, S> runner(p, g, s);
    if constexpr (Case::way == Direction::forward) {
      EXPECT_TRUE(runner.fake_quantize(1));
      EXPECT_TRUE(runner.with_mask(1));
    } else {
      for (const int which : {1, 2}) {
        EXPECT_TRUE(runner.quantize_backward(which));
        EXPECT_TRUE(runner.fake_quantize_backward(which));
      }
      EXPECT_TRUE(runner.dequantize_backward(1));
    }
  }
  /// f(granularity) with one of each, tiles of a size that i chooses.
  template <class F>
  static void for_each_granularity(std::size_t i, const F& f) {
    static constexpr std::int64_t columns[] = {1, 2, 3, 5, 7, 8, 16, 32, 100, 128, 300}, rows[] = {1, 2, 3, 4, 16, 100};
    f(PerTensor{});
    f(PerChannel{});
    f(PerToken{});
    f(PerGroup{columns[i % std::size(columns)]});
    f(PerBlock{rows[i % std::size(rows)], columns[(i / 3) % std::size(columns)]});
  }
};
TYPED_TEST_SUITE_P(Granularity);

TYPED_TEST_P(Granularity, EveryWidthAndHeight) {
  using Fixture = Granularity<TypeParam>;
  for (std::size_t length = 1; length <= 130; ++length)
    for (const bool wide : {true, false})
      Fixture::for_each_granularity(length, [&](const auto& g) {
        const std::size_t other = 2 + length % 3, N = wide ? other : length, D = wide ? length : other;
        const auto p = Fixture::problem(g, N, D, Fixture::code_ranges[length % 4 / 2],
                                        length % 3 == 0 ? Constants::wild : Constants::tame);
        Fixture::run(p, g, setting(wide ? 0 : 1));
        Fixture::run(p, g, setting(length % setting_count));
      });
}

TYPED_TEST_P(Granularity, EveryGroupAndBlock) {
  using Fixture = Granularity<TypeParam>;
  std::size_t i = 0;
  const auto all = [&](const auto& g) {
    // (272: lines that start at multiples of a vector, whose cells do not)
    for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{3, 257}, {3, 272}, {272, 3}, {130, 5}, {19, 70}}) {
      const auto p = Fixture::problem(g, N, D, {-128, 127}, ++i % 3 == 0 ? Constants::wild : Constants::tame);
      for (const std::size_t dense : {std::size_t{0}, std::size_t{1}}) Fixture::run(p, g, setting(dense));
      Fixture::run(p, g, setting(i % setting_count));
    }
  };
  for (const std::int64_t columns : {1, 2, 3, 5, 7, 8, 11, 12, 16, 19, 24, 27, 32, 35, 64, 100, 128, 256, 1000})
    all(PerGroup{columns});
  for (const auto& [rows, columns] :
       {std::pair{1, 1}, {2, 3}, {3, 2}, {16, 16}, {5, 128}, {128, 128}, {7, 1}, {1, 32}, {45, 1}, {27, 19}})
    all(PerBlock{rows, columns});
}

// A device's threads take packs below each other there. (300 lines of 640: its walk on a host takes two launches.)
TYPED_TEST_P(Granularity, BlocksOfWholePacks) {
  using Fixture = Granularity<TypeParam>;
  std::size_t i = 0;
  const auto run = [&](const PerBlock& g, std::size_t N, std::size_t D) {
    const Constants constants = ++i % 3 == 0 ? Constants::wild : Constants::tame;
    const auto p = Fixture::problem(g, N, D, {-128, 127}, constants, i);
    for (const std::size_t place : {std::size_t{0}, std::size_t{1}, i}) Fixture::run(p, g, setting(place));
  };
  const auto all = [&](const PerBlock& g) {
    run(g, 37, 128);
    run(g, 130, 64);
    run(g, 5, 256);
  };
  all(PerBlock{4, 16});
  all(PerBlock{12, 64});
  all(PerBlock{16, 128});
  all(PerBlock{128, 32});
  run(PerBlock{16, 128}, 300, 640);
}

TYPED_TEST_P(Granularity, EveryPlaceAndMapping) {
  using Fixture = Granularity<TypeParam>;
  Fixture::for_each_granularity(7, [&](const auto& g) {
    const auto p = Fixture::problem(g, 11, 70, {-128, 127}, Constants::tame);
    for (std::size_t i = 0; i < setting_count; ++i) Fixture::run(p, g, setting(i));
  });
}

TYPED_TEST_P(Granularity, AnyRangeAndZeroPoint) {
  using Fixture = Granularity<TypeParam>;
  std::size_t i = 0;
  for (const QuantizeDescriptor range : special_ranges())
    Fixture::for_each_granularity(++i, [&](const auto& g) {
      const auto p = Fixture::problem(g, 9, 41, range, Constants::wild, i);
      Fixture::run(p, g, setting(0));
      Fixture::run(p, g, setting(i));
    });
}

TYPED_TEST_P(Granularity, LongLinesAndManyOfThem) {
  using Fixture = Granularity<TypeParam>;
  const auto all = [](const auto& g, std::size_t i) {
    for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{1, 70001}, {4999, 3}}) {
      const auto p = Fixture::problem(g, N, D, {-128, 127}, Constants::tame, i);
      Fixture::run(p, g, setting(i));
      Fixture::run(p, g, setting(i + 1));
    }
  };
  all(PerTensor{}, 0);
  all(PerChannel{}, 1);
  all(PerToken{}, 2);
  all(PerGroup{5}, 0);
  all(PerGroup{12}, 2);
  all(PerBlock{30, 128}, 0);
}

// Lines shorter than a block, of which several are walked as one where there are no gaps between them, and small cells.
TYPED_TEST_P(Granularity, ManyShortLines) {
  using Fixture = Granularity<TypeParam>;
  static constexpr std::size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 12, 16, 21, 24, 31, 32, 33, 48, 63, 64, 65};
  std::size_t i = 0;
  for (const std::size_t D : widths) {
    const auto all = [&](const auto& g) {
      const Constants constants = ++i % 5 == 0 ? Constants::wild : Constants::tame;
      const auto p = Fixture::problem(g, 1 + 4000 / D, D, {-128, 127}, constants, i);
      for (const std::size_t place : {std::size_t{0}, std::size_t{1}, i}) Fixture::run(p, g, setting(place));
    };
    all(PerChannel{});
    all(PerToken{});
    for (const std::int64_t columns : {2, 3, 4, 16}) all(PerGroup{columns});
    all(PerBlock{3, 4});
  }
}

TYPED_TEST_P(Granularity, InPlace) {
  using Fixture = Granularity<TypeParam>;
  Fixture::for_each_granularity(6, [&](const auto& g) {
    for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{3, 70}, {70, 3}, {1, 37}, {5, 129}}) {
      const auto p = Fixture::problem(g, N, D, {-128, 127}, Constants::tame, 3);
      for (std::size_t i = 0; i < places.size(); ++i) Fixture::run_in_place(p, g, setting(i));
    }
  });
}

TYPED_TEST_P(Granularity, NothingAndOneElement) {
  using Fixture = Granularity<TypeParam>;
  for (const auto& [N, D] : empty_and_one)
    Fixture::for_each_granularity(4, [&, N = N, D = D](const auto& g) {
      const auto p = Fixture::problem(g, N, D, {-128, 127}, Constants::tame);
      for (std::size_t i = 0; i < setting_count; i += 5) Fixture::run(p, g, setting(i));
    });
}

REGISTER_TYPED_TEST_SUITE_P(Granularity, EveryWidthAndHeight, EveryGroupAndBlock, BlocksOfWholePacks, EveryPlaceAndMapping,
                            AnyRangeAndZeroPoint, LongLinesAndManyOfThem, ManyShortLines, InPlace, NothingAndOneElement);

}  // namespace KokkosQuantTest
