// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Quantize and Dequantize with float8 codes: every granularity, shape, place and overflow against exact quotients and
/// products and the golden tables.
#pragma once

#include "KokkosQuantTest_Family.hpp"
#include "KokkosQuantTest_Float8.hpp"

namespace KokkosQuantTest {

using KokkosQuant::Float8Descriptor;
using KokkosQuant::no_zero_point;

/// Granularities... : those that are tested with these types.
template <class Exec, class F8_, class T_, class S_, class... Granularities>
struct Float8Case {
  using execution_space = Exec;
  using F8 = F8_;
  using T = T_;
  using S = S_;
  static std::string name() {
    return std::string(Exec::name()) + "_" + type_name<T>() + "_" + (F8::has_infinity ? "e5m2" : "e4m3") + "_" +
           type_name<S>() + "Scale";
  }
  /// f(granularity) with one of each, tiles of a size that i chooses.
  template <class F>
  static void for_each_granularity(std::size_t i, const F& f) {
    (f(one<Granularities>(i)), ...);
  }

 private:
  template <class G>
  static G one(std::size_t i) {
    static constexpr std::int64_t columns[] = {1, 2, 3, 5, 7, 8, 16, 32, 100, 128, 300}, rows[] = {1, 2, 3, 4, 16, 100};
    if constexpr (std::is_same_v<G, PerGroup>) return {columns[i % std::size(columns)]};
    if constexpr (std::is_same_v<G, PerBlock>) return {rows[i % std::size(rows)], columns[(i / 3) % std::size(columns)]};
    return G{};
  }
};

template <class Case>
class Float8Codes : public ::testing::Test {
 public:
  using Exec = typename Case::execution_space;
  using F8 = typename Case::F8;
  using T = typename Case::T;
  using S = typename Case::S;
  using C = KokkosQuant::compute_t<T>;

  /// An x at a number of a code or in the middle between two, or up to 2 ulp beside; or anything.
  static C any_of_cell(Random& random, C s) {
    static const std::vector<C> specials = special_values<C>();
    const auto& table = Float8Table<F8>::get();
    const std::size_t kind = random.below(12);
    if (kind == 0) return random.one_of(specials);
    if (kind == 1) return random.any<C>();
    const int largest = table.largest_code;
    const int code = kind < 4 ? largest - static_cast<int>(random.below(2))
                              : static_cast<int>(random.below(static_cast<std::size_t>(largest) + 1));
    const double t = kind % 2 == 0 ? table.middle(code) : table.value(code);
    C x = static_cast<C>(random.below(2) == 0 ? t : -t) * s;
    for (std::size_t ulps = random.below(3), away = random.below(2); ulps > 0; --ulps)
      x = std::nextafter(x, away == 0 ? -std::numeric_limits<C>::infinity() : std::numeric_limits<C>::infinity());
    return x;
  }

  template <class G>
  static void run(const G& g, std::size_t N, std::size_t D, std::size_t seed, std::initializer_list<Setting> settings) {
    const CellShape cell = cell_shape(g, N, D);
    const auto up = [](std::size_t n, std::size_t by) { return by == 0 ? 1 : (n + by - 1) / by; };
    const std::size_t cell_rows = up(N, cell.rows), cell_columns = up(D, cell.columns);
    Random random(seed * 1000003 + N * 1009 + D);
    const auto& table = Float8Table<F8>::get();
    std::vector<S> scale;
    for (std::size_t i = 0; i < cell_rows * cell_columns; ++i) scale.push_back(any_row<S>(random, ZeroPoints::none).first);
    std::vector<T> x, back;
    std::vector<int> code;
    std::vector<F8> stored;
    for (std::size_t i = 0; i < N * D; ++i) {
      const C s = static_cast<C>(to_double(scale[i / D / cell.rows * cell_columns + i % D / cell.columns]));
      x.push_back(reference_convert<T>(static_cast<double>(any_of_cell(random, s))));
      code.push_back(table.round(static_cast<double>(reference_quotient(static_cast<C>(to_double(x.back())), s))));
      stored.push_back(F8::from_bits(static_cast<std::uint8_t>(random.below(256))));
      back.push_back(
          reference_convert<T>(static_cast<double>(reference_product(static_cast<C>(table.value(stored.back().bits)), s))));
    }
    const auto at = [&](const auto& values) {
      return [&values, D](std::size_t n, std::size_t d) { return values[n * D + d]; };
    };
    const auto where = [&](std::size_t n, std::size_t d) {
      const std::size_t i = n * D + d;
      return "(" + std::to_string(n) + ", " + std::to_string(d) + ") of " + std::to_string(N) + " x " + std::to_string(D) +
             ", cells of " + std::to_string(cell.rows) + " x " + std::to_string(cell.columns) + ", x " + show(x[i]) +
             ", stored " + std::to_string(stored[i].bits) + ", scale " +
             show(scale[n / cell.rows * cell_columns + d / cell.columns]);
    };

    using Ops = Family<G>;
    const Exec exec;
    for (const Setting& s : settings)
      for (const Overflow overflow : {Overflow::saturate, Overflow::non_finite}) {
        SCOPED_TRACE(describe(s));
        const Array<S, Exec> scales(cell_rows, cell_columns, s.cells,
                                    [&](std::size_t n, std::size_t d) { return scale[n * cell_columns + d]; });
        const Array<T, Exec> from(N, D, s.in, at(x));
        Array<std::uint8_t, Exec> bytes(N, D, s.out);  // (compared as bytes: NaN is one code)
        bytes.to_device();
        launch<typename Ops::Quantize>(exec, overflow, s,
                                       Ops::args(static_cast<const typename Ops::Quantize*>(nullptr), g, from.const_view(),
                                                 cells_view<G>(scales), no_zero_point, as_float8(bytes.view())));
        EXPECT_TRUE(
            bytes.holds([&](std::size_t n, std::size_t d) { return expected_byte<F8>(code[n * D + d], overflow); }, where));

        Array<T, Exec> fake(N, D, s.out);
        fake.to_device();
        const auto fake_plan = KokkosQuant::select<typename Ops::FakeQuantize>(
            exec, KokkosQuant::Float8DescriptorOf<F8>{overflow},
            Ops::args(static_cast<const typename Ops::FakeQuantize*>(nullptr), g, from.const_view(), cells_view<G>(scales),
                      no_zero_point, fake.view()),
            PlanPreference{s.mapping});
        fake_plan.run();
        exec.fence();
        EXPECT_TRUE(fake.holds(
            [&](std::size_t n, std::size_t d) {
              const C cell_scale = static_cast<C>(to_double(scale[n / cell.rows * cell_columns + d / cell.columns]));
              const auto number = static_cast<C>(table.value(expected_byte<F8>(code[n * D + d], overflow)));
              return reference_convert<T>(static_cast<double>(reference_product(number, cell_scale)));
            },
            where));

        const Array<std::uint8_t, Exec> codes(N, D, s.in, [&](std::size_t n, std::size_t d) { return stored[n * D + d].bits; });
        Array<T, Exec> to(N, D, s.out);
        to.to_device();
        launch<typename Ops::Dequantize>(exec, overflow, s,
                                         Ops::args(static_cast<const typename Ops::Dequantize*>(nullptr), g,
                                                   as_float8(codes.view()), cells_view<G>(scales), no_zero_point, to.view()));
        EXPECT_TRUE(to.holds(at(back), where));
      }
  }

 private:
  template <class V>
  static auto as_float8(const V& v) {
    return Kokkos::View<F8**, LayoutStride, typename Exec::memory_space>(reinterpret_cast<F8*>(v.data()), v.layout());
  }
  template <class Op, class Args>
  static void launch(const Exec& exec, Overflow overflow, const Setting& s, const Args& args) {
    const auto plan = KokkosQuant::select<Op>(exec, Float8Descriptor{overflow}, args, PlanPreference{s.mapping});
    plan.run();
    exec.fence();
  }
};
TYPED_TEST_SUITE_P(Float8Codes);

TYPED_TEST_P(Float8Codes, EveryWidthAndHeight) {
  using Fixture = Float8Codes<TypeParam>;
  for (std::size_t length = 1; length <= 130; ++length)
    for (const bool wide : {true, false})
      TypeParam::for_each_granularity(length, [&](const auto& g) {
        const std::size_t other = 2 + length % 3;
        Fixture::run(g, wide ? other : length, wide ? length : other, length,
                     {setting(wide ? 0 : 1), setting(length % setting_count)});
      });
}

TYPED_TEST_P(Float8Codes, EveryPlaceAndMapping) {
  using Fixture = Float8Codes<TypeParam>;
  for (std::size_t i = 0; i < setting_count; ++i)
    TypeParam::for_each_granularity(i, [&](const auto& g) { Fixture::run(g, 11, 70, i, {setting(i)}); });
}

TYPED_TEST_P(Float8Codes, ManyElementsAndNone) {
  using Fixture = Float8Codes<TypeParam>;
  TypeParam::for_each_granularity(9, [&](const auto& g) {
    Fixture::run(g, 3, 30011, 1, {setting(0), setting(1)});
    Fixture::run(g, 3001, 19, 2, {setting(0), setting(1), setting(2)});
    for (const auto& [N, D] : empty_and_one) Fixture::run(g, N, D, 3, {setting(0)});
  });
}

REGISTER_TYPED_TEST_SUITE_P(Float8Codes, EveryWidthAndHeight, EveryPlaceAndMapping, ManyElementsAndNone);

}  // namespace KokkosQuantTest
