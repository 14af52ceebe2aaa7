// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Codes of every type: written, read, and as the source of a gradient; packed ones along both axes, masks too.
#pragma once

#include "KokkosQuantTest_Family.hpp"

namespace KokkosQuantTest {

/// Zero: packed codes are symmetric often.
template <class Exec, class Q_, class T_, class S_, ZeroPoints Zero>
struct CodeCase {
  using execution_space = Exec;
  using Q = Q_;
  using T = T_;
  using S = S_;
  static constexpr ZeroPoints zero = Zero;
  static constexpr QuantizeDescriptor full{KokkosQuant::Impl::code_limits<Q>::lowest,
                                           KokkosQuant::Impl::code_limits<Q>::highest};
  static std::string name() {
    const bool is_signed = full.q_min < 0;
    const std::string bits = std::to_string(8 * static_cast<int>(sizeof(Q)) / KokkosQuant::Impl::elements_per<Q>);
    return std::string(Exec::name()) + "_" + type_name<T>() + "_" + (is_signed ? "int" : "uint") + bits +
           (Zero == ZeroPoints::none ? "_NoZeroPoint" : "");
  }
};

template <class Case>
class Codes : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using T = typename Case::T;
  using Q = typename Case::Q;
  using Problem = FamilyProblem<T, typename Case::S>;

  template <class G>
  static Problem problem(const G& g, std::size_t N, std::size_t D, QuantizeDescriptor range, Constants constants) {
    return Problem(N, D, cell_shape(g, N, D), range, constants, 5, {}, Case::zero, Case::full);
  }
  template <class G>
  static void run(const Problem& p, const G& g, Setting s) {
    SCOPED_TRACE(describe(s));
    FamilyRunner<G, Exec, T, typename Case::S, QuantizeDescriptor, Case::zero> runner(p, g, s);
    EXPECT_TRUE(runner.template quantize<Q>());
    EXPECT_TRUE(runner.template dequantize<Q>());
    EXPECT_TRUE(runner.template gradient_from_codes<Q>());
  }
  /// Both packings in both orders of the axes: packed codes are contiguous along the packed axis, or not.
  template <class G>
  static void run_packings(const Problem& p, const G& g, std::size_t i) {
    for (const Packing packing : {Packing::across, Packing::down})
      for (const std::size_t place : {i % places.size(), (i + 1) % places.size()}) {
        Setting s = setting(place);
        s.packing = packing;
        run(p, g, s);
      }
  }
};
TYPED_TEST_SUITE_P(Codes);

TYPED_TEST_P(Codes, EveryWidthAndHeight) {
  using Fixture = Codes<TypeParam>;
  for (std::size_t length = 1; length <= 70; ++length)
    for (const bool wide : {true, false}) {
      const std::size_t other = 1 + length % 5, N = wide ? other : length, D = wide ? length : other;
      const auto all = [&](const auto& g, Constants constants) {
        Fixture::run_packings(Fixture::problem(g, N, D, TypeParam::full, constants), g, 2 * length);
      };
      all(PerToken{}, Constants::tame);
      all(PerGroup{1 + static_cast<std::int64_t>(length % 37)}, length % 4 == 0 ? Constants::wild : Constants::tame);
      if (length % 2 == 0) all(PerBlock{2 + static_cast<std::int64_t>(length % 7), 16}, Constants::tame);
    }
}

TYPED_TEST_P(Codes, EveryGroup) {
  using Fixture = Codes<TypeParam>;
  for (const std::int64_t columns : {1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 16, 18, 24, 32, 35, 100, 128, 1000}) {
    const PerGroup g{columns};
    for (const auto& [N, D] : std::vector<std::pair<std::size_t, std::size_t>>{{3, 261}, {21, 70}})
      Fixture::run_packings(Fixture::problem(g, N, D, TypeParam::full, Constants::tame), g, static_cast<std::size_t>(columns));
  }
}

TYPED_TEST_P(Codes, EveryPlaceAndMapping) {
  using Fixture = Codes<TypeParam>;
  const auto all = [](const auto& g) {
    const auto p = Fixture::problem(g, 13, 70, TypeParam::full, Constants::tame);
    for (std::size_t i = 0; i < setting_count; ++i) Fixture::run(p, g, setting(i));
  };
  all(PerToken{});
  all(PerGroup{7});
  all(PerBlock{3, 32});
}

TYPED_TEST_P(Codes, RangesWithinTheType) {
  using Fixture = Codes<TypeParam>;
  constexpr std::int32_t lowest = TypeParam::full.q_min, highest = TypeParam::full.q_max;
  for (const QuantizeDescriptor range : {QuantizeDescriptor{lowest, highest},
                                         {lowest, lowest},
                                         {highest, highest},
                                         {lowest + 1, highest},
                                         {0, highest},
                                         {lowest, 0},
                                         {0, 1}}) {
    const auto p = Fixture::problem(PerToken{}, 17, 67, range, Constants::wild);
    Fixture::run_packings(p, PerToken{}, 0);
    Fixture::run_packings(p, PerToken{}, 2);
  }
}

// Tasks and batches of cells end within lines: not within a byte.
TYPED_TEST_P(Codes, LongLines) {
  using Fixture = Codes<TypeParam>;
  const auto all = [](const auto& g, std::size_t N, std::size_t D) {
    Fixture::run_packings(Fixture::problem(g, N, D, TypeParam::full, Constants::tame), g, 0);
  };
  all(PerToken{}, 1, 70003);
  all(PerToken{}, 4999, 3);
  all(PerGroup{9}, 1, 70003);
  all(PerGroup{12}, 2, 40001);
}

// Arrays up against pages that cannot be touched, on either side (the host's spaces).
TYPED_TEST_P(Codes, TouchesNothingOutside) {
  using Fixture = Codes<TypeParam>;
  using Exec = typename TypeParam::execution_space;
  using Q = typename TypeParam::Q;
  using T = typename TypeParam::T;
  using S = typename TypeParam::S;
  if constexpr (Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Exec::memory_space>::accessible) {
    const auto in = [](auto& to, const auto& values) { std::copy(values.begin(), values.end(), to.data()); };
    for (std::size_t length = 1; length <= 70; ++length)
      for (const bool at_the_end : {true, false}) {
        const bool wide = length % 3 != 0;
        const std::size_t N = wide ? 3 : length, D = wide ? length : 3;
        const PerGroup g{1 + static_cast<std::int64_t>(length % 19)};
        const auto p = Fixture::problem(g, N, D, TypeParam::full, Constants::tame);
        const Packing packing = wide ? Packing::across : Packing::down;
        CellShape shape{N, D};
        if constexpr (KokkosQuant::Impl::packed_type<Q>) shape = packed_shape<Q>(N, D, packing);
        FencedArray<T> x(N * D, at_the_end), back(N * D, at_the_end);
        FencedArray<Q> q(shape.rows * shape.columns, at_the_end);
        FencedArray<S> scale(p.scale.size(), at_the_end);
        FencedArray<std::int32_t> zero_point(p.scale.size(), at_the_end);
        in(x, p.x), in(scale, p.scale), in(zero_point, p.zero_point);
        const auto view = []<class E>(FencedArray<E>& array, std::size_t rows, std::size_t columns) {
          return Kokkos::View<E**, LayoutRight, typename Exec::memory_space>(array.data(), rows, columns);
        };
        const auto x_view = view(x, N, D), back_view = view(back, N, D);
        const auto q_view = view(q, shape.rows, shape.columns);
        const auto scales = view(scale, p.cell_rows, p.cell_columns);
        const auto run = [&](const auto& zero_points) {
          KokkosQuant::select<KokkosQuant::QuantizePerGroup>(
              Exec{}, p.range, KokkosQuant::QuantizePerGroupArgs{x_view, scales, zero_points, q_view, g})
              .run();
          KokkosQuant::select<KokkosQuant::DequantizePerGroup>(
              Exec{}, p.range, KokkosQuant::DequantizePerGroupArgs{q_view, scales, zero_points, back_view, g})
              .run();
          Exec{}.fence();
        };
        if constexpr (TypeParam::zero == ZeroPoints::none)
          run(KokkosQuant::no_zero_point);
        else
          run(view(zero_point, p.cell_rows, p.cell_columns));
        Mismatches mismatches;
        for (std::size_t i = 0; i < N * D; ++i)
          mismatches.compare(back_view(i / D, i % D), p.fake_quantized[i], [&, i] { return p.where()(i / D, i % D); });
        EXPECT_TRUE(mismatches);
      }
  }
}

REGISTER_TYPED_TEST_SUITE_P(Codes, EveryWidthAndHeight, EveryGroup, EveryPlaceAndMapping, RangesWithinTheType, LongLines,
                            TouchesNothingOutside);

}  // namespace KokkosQuantTest
