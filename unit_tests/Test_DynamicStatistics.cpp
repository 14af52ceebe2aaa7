// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RowStatistics of DynamicQuantize...WithStatistics against their definitions, bit for bit, whatever the space, the layout and the
// number of threads (ctest runs this program with several).
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "KokkosQuantTest_ExactSum.hpp"
#include "KokkosQuantTest_Fixtures.hpp"

namespace KokkosQuantTest {
namespace {

using KokkosQuant::DynamicQuantizeDescriptor;
using KokkosQuant::DynamicQuantizeDescriptorOf;
using KokkosQuant::no_zero_point;
using KokkosQuant::PerBlock;
using KokkosQuant::PerChannel;
using KokkosQuant::PerGroup;
using KokkosQuant::PerTensor;
using KokkosQuant::PerToken;
using KokkosQuant::RowStatistics;
namespace scale_contracts = KokkosQuant::scale_contracts;

template <class G>
struct Ops;
#define KOKKOSQUANT_TEST_OPS(G, ...)                                                               \
  template <>                                                                                      \
  struct Ops<G> {                                                                                  \
    using With = KokkosQuant::DynamicQuantize##G##WithStatistics;                                  \
    using Without = KokkosQuant::DynamicQuantize##G;                                               \
    template <class... V>                                                                          \
    static auto with([[maybe_unused]] const G& g, const V&... v) {                                 \
      return KokkosQuant::DynamicQuantize##G##WithStatisticsArgs{v... __VA_OPT__(, ) __VA_ARGS__}; \
    }                                                                                              \
    template <class... V>                                                                          \
    static auto without([[maybe_unused]] const G& g, const V&... v) {                              \
      return KokkosQuant::DynamicQuantize##G##Args{v... __VA_OPT__(, ) __VA_ARGS__};               \
    }                                                                                              \
  }
KOKKOSQUANT_TEST_OPS(PerTensor);
KOKKOSQUANT_TEST_OPS(PerChannel);
KOKKOSQUANT_TEST_OPS(PerToken);
KOKKOSQUANT_TEST_OPS(PerGroup, g);
KOKKOSQUANT_TEST_OPS(PerBlock, g);
#undef KOKKOSQUANT_TEST_OPS

struct Grid {
  std::size_t rows, columns;  // of a cell
};
Grid grid(PerTensor, std::size_t n, std::size_t d) { return {n, d}; }
Grid grid(PerChannel, std::size_t n, std::size_t) { return {n, 1}; }
Grid grid(PerToken, std::size_t, std::size_t d) { return {1, d}; }
Grid grid(PerGroup g, std::size_t, std::size_t) { return {1, static_cast<std::size_t>(g.columns)}; }
Grid grid(PerBlock b, std::size_t, std::size_t) {
  return {static_cast<std::size_t>(b.rows), static_cast<std::size_t>(b.columns)};
}

enum class Place { right, left, strided };

template <class T>
using compute = std::conditional_t<sizeof(T) == 8, double, float>;

/// What the definitions say of one element.
template <class C>
struct ReferenceStatistics {
  using Sum = std::conditional_t<sizeof(C) == 8, ReferencePair, ReferencePlain>;
  RowStatistics cell{};
  std::vector<Sum> lines, line;
  ExactSum exact;

  void add(C x, C scale, std::int64_t zero_point, std::int64_t q, const DynamicQuantizeDescriptor& d, bool reciprocal) {
    line.emplace_back(0.0);
    if (std::isnan(x)) return void(++cell.nan_count);
    if (std::isinf(x)) return void(++cell.infinite_count);
    const volatile C inverse = C(1) / scale, t = reciprocal ? C(x * inverse) : C(x / scale);
    const double before = std::nearbyint(static_cast<double>(t)) + static_cast<double>(zero_point);
    cell.clamped_below += before < d.q_min ? 1 : 0;
    cell.clamped_above += before > d.q_max ? 1 : 0;
    const volatile C y = static_cast<C>(q - zero_point) * scale;
    const volatile C error = y - x;
    const double e = std::fabs(static_cast<double>(error));
    cell.max_error = std::fmax(cell.max_error, e);
    const volatile double square = e * e;
    line.back() = Sum(square);
    exact.add(square);
  }
  void end_line() {
    lines.push_back(sum_in_order(line));
    line.clear();
  }
  void end_cell() { cell.sum_squared_error = sum_in_order(lines).value(); }
};

void expect_equal(const RowStatistics& a, const RowStatistics& b, const std::string& where) {
  EXPECT_EQ(a.clamped_below, b.clamped_below) << where;
  EXPECT_EQ(a.clamped_above, b.clamped_above) << where;
  EXPECT_EQ(a.nan_count, b.nan_count) << where;
  EXPECT_EQ(a.infinite_count, b.infinite_count) << where;
  EXPECT_EQ(a.max_error, b.max_error) << where;
  EXPECT_EQ(a.sum_squared_error, b.sum_squared_error) << where;
}

template <class Case>
class DynamicStatistics : public ::testing::Test {
 public:
  using Exec = typename Case::Exec;
  using T = typename Case::T;
  using C = compute<T>;
  using Memory = typename Exec::memory_space;
  template <class E>
  using Strided = Kokkos::View<E**, Kokkos::LayoutStride, Memory>;

  struct Seen {
    std::int64_t below = 0, above = 0;
    int reads = 0;
  };

  template <class E>
  static Strided<E> array(const Kokkos::View<E*, Memory>& memory, std::size_t n, std::size_t d, Place place) {
    if (place == Place::left) return Strided<E>(memory.data(), Kokkos::LayoutStride(n, 1, d, n));
    if (place == Place::right) return Strided<E>(memory.data(), Kokkos::LayoutStride(n, d, d, 1));
    return Strided<E>(memory.data(), Kokkos::LayoutStride(n, 2 * d + 3, d, 2));
  }
  template <class G, class E>
  static auto cells(const Kokkos::View<E*, Memory>& memory, std::size_t rows, std::size_t columns) {
    if constexpr (std::is_same_v<G, PerGroup> || std::is_same_v<G, PerBlock>)
      return array(memory, rows, columns, Place::left);
    else
      return memory;
  }

  template <class G, class Descriptor, class ZeroPoint>
  static Seen run(const G& g, std::size_t n, std::size_t d, Place place, const Descriptor& descriptor, ZeroPoint,
                  bool reciprocal = false) {
    constexpr bool asymmetric = !std::is_same_v<ZeroPoint, KokkosQuant::no_zero_point_t>;
    const Grid cell = grid(g, n, d);
    const std::size_t rows = (n + cell.rows - 1) / cell.rows, columns = (d + cell.columns - 1) / cell.columns;
    const std::size_t memory = n * (2 * d + 3);
    const Kokkos::View<T*, Memory> x_memory("x", memory);
    const Kokkos::View<std::int8_t*, Memory> q_memory("q", memory), q_again("q", memory);
    const Kokkos::View<T*, Memory> scale("scale", rows * columns), scale_again("scale", rows * columns);
    const Kokkos::View<std::int32_t*, Memory> zero_point("zero_point", rows * columns);
    const Kokkos::View<RowStatistics*, Memory> statistics("statistics", rows * columns);
    const auto x = array(x_memory, n, d, place);
    const auto x_host = Kokkos::create_mirror_view(x_memory);
    std::mt19937 random(static_cast<unsigned>(n * 31 + d));
    std::normal_distribution<double> normal;
    const auto at = [&](std::size_t i, std::size_t j) { return i * x.stride(0) + j * x.stride(1); };
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < d; ++j) {
        const auto k = static_cast<unsigned>(random());
        double value = normal(random) * static_cast<double>(i % 3 + 1) - 0.3;
        if (k % 97 == 0) value = std::numeric_limits<double>::quiet_NaN();
        if (k % 97 == 1) value = std::numeric_limits<double>::infinity();
        if (k % 97 == 2) value = -std::numeric_limits<double>::infinity();
        x_host(at(i, j)) = T(static_cast<C>(value));
      }
    Kokkos::deep_copy(x_memory, x_host);

    const Exec exec{};
    const auto launch = [&]<class Op>(std::type_identity<Op>, const auto& args) {
      const auto plan = KokkosQuant::select<Op>(exec, descriptor, args);
      const Kokkos::View<std::byte*, Memory> workspace("workspace", plan.workspace_size());
      plan.run(workspace);
      exec.fence();
      return plan.sku().reads;
    };
    const auto z = [&] {
      if constexpr (asymmetric)
        return cells<G>(zero_point, rows, columns);
      else
        return no_zero_point;
    }();
    using O = Ops<G>;
    const Strided<const T> x_const = x;
    const auto args_without = O::without(g, x_const, cells<G>(scale_again, rows, columns), z, array(q_again, n, d, place));
    const auto args_with = O::with(g, x_const, cells<G>(scale, rows, columns), z, array(q_memory, n, d, place),
                                   cells<G>(statistics, rows, columns));
    const int reads_without = launch(std::type_identity<typename O::Without>{}, args_without);
    Seen seen;
    seen.reads = launch(std::type_identity<typename O::With>{}, args_with) - reads_without;

    const auto s = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), scale);
    const auto s_again = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), scale_again);
    const auto zp = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), zero_point);
    const auto q = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), q_memory);
    const auto q_2 = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), q_again);
    const auto found = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), statistics);
    for (std::size_t k = 0; k < memory; ++k) EXPECT_EQ(q(k), q_2(k));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t k = r + c * rows;  // (one of them is 0 where cells are no tiles)
        EXPECT_EQ(static_cast<C>(s(k)), static_cast<C>(s_again(k)));
        ReferenceStatistics<C> reference;
        for (std::size_t i = r * cell.rows; i < std::min(n, (r + 1) * cell.rows); ++i) {
          for (std::size_t j = c * cell.columns; j < std::min(d, (c + 1) * cell.columns); ++j)
            reference.add(static_cast<C>(x_host(at(i, j))), static_cast<C>(s(k)), zp(k), q(at(i, j)), descriptor, reciprocal);
          reference.end_line();
        }
        reference.end_cell();
        expect_equal(found(k), reference.cell, plan_name<G>(n, d, place) + ", cell " + std::to_string(k));
        EXPECT_LE(reference.exact.distance(found(k).sum_squared_error), 0x1p-45 * found(k).sum_squared_error);
        seen.below += found(k).clamped_below;
        seen.above += found(k).clamped_above;
        if (::testing::Test::HasFailure()) return seen;
      }
    return seen;
  }
  template <class G>
  static std::string plan_name(std::size_t n, std::size_t d, Place place) {
    return Ops<G>::With::name() + " of " + std::to_string(n) + " x " + std::to_string(d) + ", place " +
           std::to_string(static_cast<int>(place));
  }
  // f(granularity, n, d, place)
  template <class F>
  static void each(const F& f) {
    for (const Place place : {Place::right, Place::left, Place::strided}) {
      f(PerTensor{}, 37, 300, place);
      f(PerChannel{}, 300, 70, place);
      f(PerToken{}, 21, 700, place);
      f(PerGroup{33}, 19, 200, place);
      f(PerGroup{300}, 5, 1000, place);
      f(PerBlock{5, 77}, 23, 200, place);
      f(PerBlock{300, 3}, 700, 10, place);
      f(PerBlock{40, 600}, 70, 700, place);
    }
  }
};

template <class Exec_, class T_>
struct StatisticsCase {
  using Exec = Exec_;
  using T = T_;
};
template <class Exec>
using FloatCases = ::testing::Types<StatisticsCase<Exec, float>>;
using OtherCases = ::testing::Types<StatisticsCase<Kokkos::DefaultExecutionSpace, double>,
                                    StatisticsCase<Kokkos::DefaultExecutionSpace, bfloat16_t>>;
using StatisticsCases = Concat_t<OverSpaces_t<FloatCases>, OtherCases>;
TYPED_TEST_SUITE(DynamicStatistics, StatisticsCases);

TYPED_TEST(DynamicStatistics, Symmetric) {
  this->each([&](const auto& g, std::size_t n, std::size_t d, Place place) {
    this->run(g, n, d, place, DynamicQuantizeDescriptor{-127, 127}, no_zero_point);
    const auto seen = this->run(g, n, d, place, DynamicQuantizeDescriptor{-20, 100}, no_zero_point);
    EXPECT_GT(seen.below, 0);
    EXPECT_EQ(seen.above, 0);
  });
}
TYPED_TEST(DynamicStatistics, Asymmetric) {
  this->each([&](const auto& g, std::size_t n, std::size_t d, Place place) {
    this->run(g, n, d, place, DynamicQuantizeDescriptor{-128, 127}, 0);
    this->run(g, n, d, place, DynamicQuantizeDescriptor{-8, 7, 0.25, true}, 0);
  });
}
// Half of the range as a scale's divisor: the largest element is clamped.
TYPED_TEST(DynamicStatistics, OtherContracts) {
  using Descriptor = DynamicQuantizeDescriptorOf<scale_contracts::torchao_symmetric>;
  const auto seen = this->run(PerToken{}, 500, 40, Place::right, Descriptor{-8, 7}, 0, true);
  EXPECT_GT(seen.above, 0);
  EXPECT_EQ(seen.below, 0);
}
// hi - lo overflows, and by those rules the scale with it: x' is no number.
TYPED_TEST(DynamicStatistics, InfiniteScale) {
  using C = typename TestFixture::C;
  using Memory = typename TestFixture::Memory;
  const Kokkos::View<C**, Kokkos::LayoutRight, Memory> x("x", 1, 2);
  const Kokkos::View<std::int8_t**, Kokkos::LayoutRight, Memory> q("q", 1, 2);
  const Kokkos::View<C*, Memory> scale("scale", 1);
  const Kokkos::View<std::int32_t*, Memory> zero_point("zero_point", 1);
  const Kokkos::View<RowStatistics*, Memory> statistics("statistics", 1);
  const auto x_host = Kokkos::create_mirror_view(x);
  x_host(0, 0) = -std::numeric_limits<C>::max();
  x_host(0, 1) = std::numeric_limits<C>::max();
  Kokkos::deep_copy(x, x_host);
  const typename TestFixture::Exec exec{};
  const auto plan = KokkosQuant::select<KokkosQuant::DynamicQuantizePerTokenWithStatistics>(
      exec, DynamicQuantizeDescriptorOf<scale_contracts::torchao_asymmetric>{-128, 127},
      KokkosQuant::DynamicQuantizePerTokenWithStatisticsArgs{x, scale, zero_point, q, statistics});
  plan.run();
  exec.fence();
  const auto found = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), statistics);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  expect_equal(found(0), {0, 0, 0, 0, infinity, infinity}, "infinite scale");
}
// Cells that no cache holds: through the workspace. Rows of more than 256 segments, and more than 256 rows.
TYPED_TEST(DynamicStatistics, LargeCells) {
  for (const Place place : {Place::right, Place::left}) {
    EXPECT_EQ(this->run(PerTensor{}, 4, 70000, place, DynamicQuantizeDescriptor{-127, 127}, no_zero_point).reads, 1);
    this->run(PerTensor{}, 70001, 4, place, DynamicQuantizeDescriptor{-20, 100}, no_zero_point);
    this->run(PerChannel{}, 70001, 3, place, DynamicQuantizeDescriptor{-20, 100}, no_zero_point);
    this->run(PerToken{}, 3, 70001, place, DynamicQuantizeDescriptor{-20, 100}, no_zero_point);
    this->run(PerBlock{300, 1000}, 400, 1100, place, DynamicQuantizeDescriptor{-20, 100}, no_zero_point);
  }
}
TYPED_TEST(DynamicStatistics, ReadsOnceOnHosts) {
  const auto seen = this->run(PerToken{}, 8, 4096, Place::right, DynamicQuantizeDescriptor{-127, 127}, no_zero_point);
  constexpr bool on_host = std::is_same_v<typename TestFixture::Memory, Kokkos::HostSpace>;
  EXPECT_EQ(seen.reads, on_host ? 0 : 1);
}

using Exec = Kokkos::DefaultExecutionSpace;
template <class T>
using Matrix2 = Kokkos::View<T**, Kokkos::LayoutRight, Exec>;
template <class T>
using Vector1 = Kokkos::View<T*, Kokkos::LayoutRight, Exec>;
using PerTokenOp = KokkosQuant::DynamicQuantizePerTokenWithStatistics;

TEST(DynamicStatisticsChecks, EmptyArrays) {
  const Vector1<RowStatistics> statistics("statistics", 4);
  const auto kept = Kokkos::create_mirror_view(statistics);
  const Vector1<float> scale("scale", 4);
  for (const std::size_t n : {std::size_t(0), std::size_t(4)}) {
    const Matrix2<float> x("x", n, 4 - n);
    const Matrix2<std::int8_t> q("q", n, 4 - n);
    const KokkosQuant::DynamicQuantizePerTokenWithStatisticsArgs args{
        x, Kokkos::subview(scale, std::make_pair(std::size_t(0), n)), no_zero_point, q,
        Kokkos::subview(statistics, std::make_pair(std::size_t(0), n))};
    const auto plan = KokkosQuant::select<PerTokenOp>(Exec{}, DynamicQuantizeDescriptor{-127, 127}, args);
    kept(3).nan_count = 7;
    Kokkos::deep_copy(statistics, kept);
    plan.run();
    Exec{}.fence();
    Kokkos::deep_copy(kept, statistics);
    EXPECT_EQ(kept(3).nan_count, 7);
  }
}
#ifndef __CUDACC__  // (cicc of CUDA 13 crashes on this one)
TEST(DynamicStatisticsChecks, Refusals) {
  const Vector1<RowStatistics> statistics("statistics", 4);
  const Vector1<float> scale("scale", 4);
  const Matrix2<float> x("x", 4, 8);
  const Matrix2<std::int8_t> q("q", 4, 8);
  const auto status = [&](const Vector1<RowStatistics>& view) {
    return KokkosQuant::can_implement<PerTokenOp>(
        Exec{}, DynamicQuantizeDescriptor{-127, 127},
        KokkosQuant::DynamicQuantizePerTokenWithStatisticsArgs{x, scale, no_zero_point, q, view});
  };
  EXPECT_TRUE(status(statistics));
  EXPECT_NE(status(Vector1<RowStatistics>("statistics", 5)).message().find("statistics has 5 elements and x is 4 x 8"),
            std::string::npos);
  EXPECT_NE(status(Vector1<RowStatistics>(nullptr, 4)).message().find("statistics is 4 but its data is null"),
            std::string::npos);
  const Vector1<RowStatistics> shared(reinterpret_cast<RowStatistics*>(scale.data()), 4);
  EXPECT_NE(status(shared).message().find("statistics is written and certainly shares memory with scale"), std::string::npos);
  EXPECT_EQ(PerTokenOp::name(), "DynamicQuantizePerTokenWithStatistics");
}
#endif

}  // namespace
}  // namespace KokkosQuantTest
