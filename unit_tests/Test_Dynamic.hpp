// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Scales found from the data, with every granularity, against the exact reference. Included by a file each for the
/// element types.
#pragma once

#include "KokkosQuantTest_Dynamic.hpp"

namespace KokkosQuantTest {

template <class Exec, class T_, class S_, class Q_, ZeroPoints Zero>
struct DynamicCase {
  using execution_space = Exec;
  using T = T_;
  using S = S_;
  using Q = Q_;
  static constexpr ZeroPoints zero = Zero;
  static constexpr QuantizeDescriptor full{KokkosQuant::Impl::code_limits<Q>::lowest,
                                           KokkosQuant::Impl::code_limits<Q>::highest};
  static std::string name() {
    const std::string bits = std::to_string(8 * static_cast<int>(sizeof(Q)) / KokkosQuant::Impl::elements_per<Q>);
    return std::string(Exec::name()) + "_" + type_name<T>() + "_" + type_name<S>() + "Scale_" +
           (full.q_min < 0 ? "int" : "uint") + bits + (Zero == ZeroPoints::none ? "_symmetric" : "_asymmetric");
  }
};

template <class Case>
class Dynamic : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using S = typename Case::S;
  using Q = typename Case::Q;
  using Problem = DynamicProblem<T, S, Case::zero>;
  static constexpr QuantizeDescriptor full = Case::full;
  static constexpr bool symmetric = Case::zero == ZeroPoints::none;

  /// By number: the whole range or a narrower one, scales that are powers of two, and not too small ones.
  static DynamicQuantizeDescriptor descriptor(std::size_t i) {
    DynamicQuantizeDescriptor d{full.q_min, full.q_max};
    if (i % 4 == 1) d.q_min = symmetric && full.q_min < 0 ? -d.q_max : d.q_min + 1;
    if (i % 4 == 2) d.q_max = d.q_max / 2 + 1;
    d.eps = i % 5 == 3 ? 0.0101 : 0;
    d.power_of_two = i % 3 == 2;
    return d;
  }
  template <class G>
  static Problem problem(const G& g, std::size_t N, std::size_t D, const DynamicQuantizeDescriptor& d, Data data = Data::any,
                         std::uint64_t seed = 1) {
    return Problem(N, D, cell_shape(g, N, D), d, data, seed);
  }
  /// Both ops; the one with codes where Q holds them.
  template <class G>
  static void run(const Problem& p, const G& g, const Setting& s) {
    SCOPED_TRACE(p.describe() + "; " + describe(s));
    DynamicRunner<G, Exec, T, S, Case::zero> runner(p, g, s);
    const bool fits = p.descriptor.q_min >= full.q_min && p.descriptor.q_max <= full.q_max;
    EXPECT_TRUE(!fits || runner.template quantize<Q>());
    EXPECT_TRUE(runner.fake_quantize());
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
TYPED_TEST_SUITE_P(Dynamic);

TYPED_TEST_P(Dynamic, EveryWidthAndHeight) {
  using Fixture = Dynamic<TypeParam>;
  for (std::size_t length = 1; length <= 130; ++length)
    for (const bool wide : {true, false})
      Fixture::for_each_granularity(length, [&](const auto& g) {
        const std::size_t other = 2 + length % 3, N = wide ? other : length, D = wide ? length : other;
        const auto p =
            Fixture::problem(g, N, D, Fixture::descriptor(length), length % 2 == 0 ? Data::any : Data::spikes, length);
        Fixture::run(p, g, setting(wide ? 0 : 1));
        Fixture::run(p, g, setting(length % setting_count));
      });
}

TYPED_TEST_P(Dynamic, EveryGroupAndBlock) {
  using Fixture = Dynamic<TypeParam>;
  std::size_t i = 0;
  const auto all = [&](const auto& g) {
    // (272: lines that start at multiples of a vector, whose cells do not)
    for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{3, 257}, {3, 272}, {272, 3}, {130, 5}, {19, 70}}) {
      ++i;
      const auto p = Fixture::problem(g, N, D, Fixture::descriptor(i), i % 2 == 0 ? Data::any : Data::spikes, i);
      for (const std::size_t dense : {std::size_t{0}, std::size_t{1}}) Fixture::run(p, g, setting(dense));
      Fixture::run(p, g, setting(i % setting_count));
    }
  };
  for (const std::int64_t columns : {1, 2, 3, 5, 7, 8, 11, 12, 16, 19, 24, 32, 35, 64, 128, 256, 1000}) all(PerGroup{columns});
  for (const auto& [rows, columns] :
       {std::pair{1, 1}, {2, 3}, {3, 2}, {16, 16}, {5, 128}, {128, 128}, {7, 1}, {1, 32}, {45, 1}, {27, 19}})
    all(PerBlock{rows, columns});
}

TYPED_TEST_P(Dynamic, EveryPlaceAndMapping) {
  using Fixture = Dynamic<TypeParam>;
  Fixture::for_each_granularity(7, [&](const auto& g) {
    const auto p = Fixture::problem(g, 11, 70, Fixture::descriptor(0));
    for (std::size_t i = 0; i < setting_count; ++i) Fixture::run(p, g, setting(i));
  });
}

TYPED_TEST_P(Dynamic, EveryKindOfData) {
  using Fixture = Dynamic<TypeParam>;
  for (const Data data : all_data)
    for (std::size_t i = 0; i < 12; ++i)
      Fixture::for_each_granularity(i + 2, [&](const auto& g) {
        SCOPED_TRACE("data " + std::to_string(static_cast<int>(data)));
        const auto p = Fixture::problem(g, 1 + i % 5, 33, Fixture::descriptor(i), data, i);
        Fixture::run(p, g, setting(i % 2));
      });
}

TYPED_TEST_P(Dynamic, AnyRange) {
  using Fixture = Dynamic<TypeParam>;
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min(), highest = std::numeric_limits<std::int32_t>::max();
  std::size_t i = 0;
  for (const QuantizeDescriptor range : {QuantizeDescriptor{-8, 7},
                                         {0, 255},
                                         {lowest, highest},
                                         {0, 1},
                                         {-7, 7},
                                         {-1, 1},
                                         {0, highest},
                                         {lowest, 1},
                                         {100, 200},
                                         {highest - 1, highest},
                                         {-(1 << 23), (1 << 23) - 1},
                                         {-(1 << 22), 1 << 22},
                                         {-300, -5},
                                         {lowest, lowest + 1}}) {
    if (Fixture::symmetric && range.q_max < 1) continue;
    for (const bool power_of_two : {false, true})
      Fixture::for_each_granularity(++i, [&](const auto& g) {
        for (const Data data : {Data::any, Data::ties, Data::huge, Data::spikes}) {
          const auto p = Fixture::problem(g, 5, 41, {range.q_min, range.q_max, 0, power_of_two}, data, i);
          Fixture::run(p, g, setting(i % 2));
        }
      });
  }
}

// The smallest scale: of every size that the type of scales has, and beside what it rounds to.
TYPED_TEST_P(Dynamic, AnyEps) {
  using Fixture = Dynamic<TypeParam>;
  using Type = Ends<typename TypeParam::S>;
  for (const double eps : {1e-3, 0.1, 1.0, 1.0000001, 3.0, 1000.0, Type::smallest_normal, 2.9 * Type::smallest_normal,
                           Type::largest / 3, Type::largest})
    for (const bool power_of_two : {false, true})
      for (const Data data : {Data::any, Data::zeros, Data::wide, Data::subnormal, Data::huge}) {
        const DynamicQuantizeDescriptor d{Fixture::full.q_min, Fixture::full.q_max, eps, power_of_two};
        const auto p = Fixture::problem(PerGroup{4}, 3, 37, d, data, 7);
        Fixture::run(p, PerGroup{4}, setting(0));
        const auto q = Fixture::problem(PerTensor{}, 3, 37, d, data, 8);
        Fixture::run(q, PerTensor{}, setting(1));
      }
  for (const double eps : {Type::smallest_subnormal, 0.6 * Type::smallest_subnormal, 2.4 * Type::smallest_subnormal})
    for (const bool power_of_two : {false, true})
      for (const Data data : {Data::zeros, Data::subnormal, Data::wide}) {
        const DynamicQuantizeDescriptor d{Fixture::full.q_min, Fixture::full.q_max, eps, power_of_two};
        const auto p = Fixture::problem(PerToken{}, 13, 37, d, data, 7);
        Fixture::run(p, PerToken{}, setting(0));
      }
}

// More elements in a cell than the caches have room for: ranges of parts of it first, then the codes.
TYPED_TEST_P(Dynamic, LargeCells) {
  using Fixture = Dynamic<TypeParam>;
  using Exec = typename TypeParam::execution_space;
  const auto run = [](const auto& g, std::size_t N, std::size_t D, std::size_t i, Setting s, std::size_t cells) {
    const auto d = Fixture::descriptor(i);
    const auto p = Fixture::problem(g, N, D, d, i % 2 == 0 ? Data::spikes : Data::non_finite, i);
    SCOPED_TRACE(p.describe() + "; " + describe(s));
    DynamicRunner<std::remove_cvref_t<decltype(g)>, Exec, typename TypeParam::T, typename TypeParam::S, TypeParam::zero> runner(
        p, g, s);
    EXPECT_TRUE(runner.template quantize<typename TypeParam::Q>());
    if (KokkosQuant::Impl::host_space<Exec> && !KokkosQuant::Impl::device_walk_on_host) {  // (devices cut cells too, others)
      EXPECT_GT(runner.workspace_size(), 0u);
      EXPECT_EQ(runner.workspace_size() % (2 * cells * sizeof(typename Fixture::Problem::C)), 0u);
      EXPECT_EQ(runner.reads(), 2);
    }
    EXPECT_TRUE(runner.fake_quantize(i % 3 == 1));
  };
  const Setting right = setting(0), left = setting(1), right_with_gaps = setting(2), left_with_gaps = setting(3);
  // along lines
  run(PerTensor{}, 3, 100003, 0, right, 1);
  run(PerTensor{}, 301, 1009, 1, right_with_gaps, 1);
  run(PerTensor{}, 1009, 301, 2, left, 1);
  run(PerToken{}, 2, 270001, 3, right_with_gaps, 2);
  run(PerChannel{}, 270001, 2, 4, left, 2);
  run(PerGroup{262147}, 1, 270001, 5, right, 2);
  if (!std::is_same_v<Exec, Kokkos::DefaultExecutionSpace>) return;  // (the reference takes microseconds an element)
  // across lines
  run(PerChannel{}, 4100, 5, 6, right, 5);
  run(PerChannel{}, 5003, 67, 7, right_with_gaps, 67);
  run(PerToken{}, 261, 4099, 8, left, 261);
  run(PerToken{}, 70, 4101, 9, left_with_gaps, 70);
  run(PerGroup{4200}, 33, 4399, 10, left, 66);
  // blocks, along and across
  run(PerBlock{600, 450}, 700, 600, 11, right, 4);
  run(PerBlock{450, 600}, 700, 601, 12, left_with_gaps, 4);
  run(PerBlock{4100, 1}, 4300, 35, 13, right, 70);
  run(PerBlock{1, 4097}, 66, 4200, 14, left, 132);
}

// As many elements in a cell as the caches take, beside those that are more.
TYPED_TEST_P(Dynamic, CellsUpToTheCaches) {
  using Fixture = Dynamic<TypeParam>;
  const auto run = [](const auto& g, std::size_t N, std::size_t D, std::size_t i) {
    const auto p = Fixture::problem(g, N, D, Fixture::descriptor(0), Data::spikes, i);
    Fixture::run(p, g, setting(i));
  };
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    run(PerToken{}, 1, (1 << 18) - 1, i);
    run(PerChannel{}, (1 << 18), 1, i);
    if (!std::is_same_v<typename TypeParam::execution_space, Kokkos::DefaultExecutionSpace>) return;
    run(PerToken{}, 70, 4096, i);
    run(PerChannel{}, 4096, 70, i);
    run(PerBlock{30, 128}, 100, 700, i);
    run(PerBlock{128, 30}, 700, 100, i);
    run(PerGroup{9}, 2, 70003, i);
    run(PerGroup{12}, 3, 40001, i);
    run(PerToken{}, 4999, 3, i);
    run(PerToken{}, 3, 4999, i);
    run(PerToken{}, 70, 1009, i);  // (lines that start anywhere, of fewer packs than a group of threads takes)
    run(PerToken{}, 9, 4098, i);
    run(PerGroup{1003}, 9, 4098, i);
  }
}

TYPED_TEST_P(Dynamic, InPlace) {
  using Fixture = Dynamic<TypeParam>;
  std::size_t seed = 0;
  Fixture::for_each_granularity(6, [&](const auto& g) {
    for (const auto& [N, D] : {std::pair<std::size_t, std::size_t>{3, 70}, {70, 3}, {1, 37}, {5, 129}}) {
      ++seed;
      const auto p = Fixture::problem(g, N, D, Fixture::descriptor(seed), Data::any, seed);
      for (std::size_t i = 0; i < places.size(); ++i) {
        SCOPED_TRACE(p.describe() + "; " + describe(setting(i)));
        DynamicRunner<std::remove_cvref_t<decltype(g)>, typename TypeParam::execution_space, typename TypeParam::T,
                      typename TypeParam::S, TypeParam::zero>
            runner(p, g, setting(i));
        EXPECT_TRUE(runner.fake_quantize(true));
      }
    }
  });
}

TYPED_TEST_P(Dynamic, NothingAndOneElement) {
  using Fixture = Dynamic<TypeParam>;
  for (const auto& [N, D] : empty_and_one)
    Fixture::for_each_granularity(4, [&, N = N, D = D](const auto& g) {
      const auto p = Fixture::problem(g, N, D, Fixture::descriptor(0));
      for (std::size_t i = 0; i < setting_count; i += 5) Fixture::run(p, g, setting(i));
    });
}

REGISTER_TYPED_TEST_SUITE_P(Dynamic, EveryWidthAndHeight, EveryGroupAndBlock, EveryPlaceAndMapping, EveryKindOfData, AnyRange,
                            AnyEps, LargeCells, CellsUpToTheCaches, InPlace, NothingAndOneElement);

}  // namespace KokkosQuantTest
