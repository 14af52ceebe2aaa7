// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order of sums, scalar and in packs, and their error.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "KokkosQuantTest_ExactSum.hpp"
#include "KokkosQuantTest_Values.hpp"
#include "detail/backend/KokkosQuant_HostSum.hpp"

namespace KokkosQuantTest {
namespace {

using namespace KokkosQuant::Impl;

template <class C>
using Reference = std::conditional_t<sizeof(C) == 4, ReferencePlain, ReferencePair>;

// Terms of many magnitudes that cancel; every 7th undoes one before it.
template <class C>
std::vector<C> cancelling(std::size_t n, int exponents) {
  Random random(n * 31 + static_cast<std::size_t>(exponents));
  std::vector<C> terms;
  for (std::size_t i = 0; i < n; ++i)
    terms.push_back(i % 7 == 6
                        ? -terms[i - 1 - random.below(6)]
                        : static_cast<C>(std::ldexp(random.uniform(-1, 1),
                                                    static_cast<int>(random.below(static_cast<std::size_t>(exponents))))));
  return terms;
}

template <class C>
double by_reference(const std::vector<C>& terms) {
  std::vector<Reference<C>> sequence;
  for (const C t : terms) sequence.push_back({static_cast<double>(t)});
  return sum_in_order(sequence).value();
}
// by one thread
template <class C>
double by_scalars(const std::vector<C>& terms) {
  SumOfSegments<sum_of<C>> sums;
  for (std::size_t i = 0; i < terms.size(); i += 256)
    sums.add(segment_sum<sum_of<C>>(static_cast<int>(std::min<std::size_t>(256, terms.size() - i)),
                                    [&](int j) { return static_cast<double>(terms[i + static_cast<std::size_t>(j)]); }));
  return total(sums.sum(), 1);
}
// A native pack, or what is taken with narrower lines.
template <class C>
inline constexpr int native_width = host_vector_bytes / static_cast<int>(sizeof(C));

template <int W, class C>
double by_packs(const std::vector<C>& terms) {
  SumOfSegments<sum_of<C>> sums;
  for (std::size_t i = 0; i < terms.size(); i += 256) {
    HostSegment<C> segment;
    for (std::size_t j = i; j < i + 256 && j < terms.size(); j += 16) {
      Pack<C, W> block[16 / W];
      for (std::size_t k = 0; k < 16; ++k)
        block[k / W].data()[k % W] = j + k < terms.size() ? terms[j + k] : std::numeric_limits<C>::quiet_NaN();
      if (j + 16 <= terms.size())
        segment.add(block);
      else
        segment.add_some(block, static_cast<int>(terms.size() - j));
    }
    sums.add(segment.sum());
  }
  return total(sums.sum(), 1);
}

template <class C>
class FixedOrderSum : public ::testing::Test {};
using Computes = ::testing::Types<float, double>;
TYPED_TEST_SUITE(FixedOrderSum, Computes);

TYPED_TEST(FixedOrderSum, HasTheOrderOfTheDefinition) {
  using C = TypeParam;
  std::vector<std::size_t> lengths;
  for (std::size_t n = 0; n < 600; ++n) lengths.push_back(n);
  for (const std::size_t n : {4095u, 65535u, 65536u, 65537u, 65792u, 65793u, 100000u}) lengths.push_back(n);
  for (const std::size_t n : lengths)
    for (const int exponents : {1, 60}) {
      const auto terms = cancelling<C>(n, exponents);
      const double expected = by_reference(terms);
      ASSERT_EQ(by_scalars(terms), expected) << n;
      ASSERT_EQ((by_packs<native_width<C>>(terms)), expected) << n;
      ASSERT_EQ((by_packs<native_width<C> / 2>(terms)), expected) << n;
    }
}

TYPED_TEST(FixedOrderSum, IsWithinItsBound) {
  using C = TypeParam;
  const double unit = sizeof(C) == 4 ? 0x1p-53 : 0x1p-104;
  for (const std::size_t n : {1u, 2u, 3u, 15u, 16u, 17u, 33u, 255u, 256u, 257u, 511u, 5000u, 70001u})
    for (const int exponents : {1, 10, 60, 100}) {
      auto terms = cancelling<C>(n, exponents);
      for (const bool cancel_all : {false, true}) {
        if (cancel_all) {  // to a small rest, in another order than the terms stand
          Random random(n);
          const std::size_t size = terms.size();
          for (std::size_t i = 0; i < size; ++i) terms.push_back(-terms[(i + 5) % size]);
          terms.push_back(static_cast<C>(random.uniform(-1, 1)));
        }
        ExactSum exact, magnitudes;
        for (const C t : terms) exact.add(t), magnitudes.add(std::fabs(t));
        const double sum = by_scalars(terms), ulp = std::nextafter(std::fabs(sum), INFINITY) - std::fabs(sum);
        EXPECT_LE(exact.distance(sum), ulp + static_cast<double>(terms.size()) * unit * magnitudes.value()) << n;
      }
    }
}

// n + 1 terms of 2^60, n + 1 of -2^60, and ones: what plain double sums lose, pairs keep.
TEST(FixedOrderSum, PairsKeepWhatDoublesLose) {
  std::vector<double> terms;
  for (int i = 0; i < 1000; ++i) terms.insert(terms.end(), {0x1p60, 1.0, -0x1p60, 0x1p-40});
  EXPECT_EQ(by_scalars(terms), 1000 + 1000 * 0x1p-40);
}

TYPED_TEST(FixedOrderSum, InfinitiesAndNaNGoAsInSumsOfDoubles) {
  using C = TypeParam;
  constexpr C inf = std::numeric_limits<C>::infinity();
  for (const std::size_t n : {1u, 20u, 300u})
    for (const std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
      auto terms = cancelling<C>(n, 10);
      terms[at] = inf;
      EXPECT_EQ(by_scalars(terms), inf);
      EXPECT_EQ((by_packs<native_width<C>>(terms)), inf);
      terms[at] = -inf;
      EXPECT_EQ(by_scalars(terms), -inf);
      terms[(at + 1) % n] = inf;
      EXPECT_TRUE(n == 1 || std::isnan(by_scalars(terms)));
      terms[at] = std::numeric_limits<C>::quiet_NaN();
      EXPECT_TRUE(n == 1 || std::isnan(by_scalars(terms)));
    }
  EXPECT_FALSE(std::signbit(by_scalars<C>({C(-0.0), C(-0.0)})));
  EXPECT_FALSE(std::signbit(by_scalars<C>({C(-0.0)})));
  EXPECT_FALSE(std::signbit(by_scalars<C>({})));
}

// Compilers make a product and a sum one operation, where the hardware has it.
TEST(FixedOrderSum, TermsMayBeProducts) {
  const volatile double given = 1 + 0x1p-30;
  const double b = given;
  const volatile double product = b * b;
  const double a = given, c = given, d = given;  // each product is used once
  PlainSum<double> plain{-product};
  CompensatedSum<double> pair{-product, 0};
  accumulate(plain, a * c);
  accumulate(pair, c * d);
  EXPECT_EQ(plain.sum, 0);
  EXPECT_EQ(pair.sum, 0);
  EXPECT_EQ(pair.error, 0);
  using V = Pack<double, native_width<double>>;
  PlainSum<V> plains{V::all(-product)};
  CompensatedSum<V> pairs{V::all(-product), V::all(0)};
  accumulate(plains, multiply(V::all(a), a));
  accumulate(pairs, multiply(V::all(a), a));
  for (int j = 0; j < plains.sum.width; ++j) EXPECT_EQ(plains.sum.lane[j], 0);
  for (int j = 0; j < pairs.sum.width; ++j) EXPECT_EQ(pairs.sum.lane[j], 0);
  for (int j = 0; j < pairs.error.width; ++j) EXPECT_EQ(pairs.error.lane[j], 0);
}

TEST(FixedOrderSum, TotalsOfPairsTakeAFactorOnce) {
  constexpr double largest = std::numeric_limits<double>::max();
  EXPECT_EQ(total(CompensatedSum<double>{1, 0x1p-54}, 1), 1);
  EXPECT_EQ(total(CompensatedSum<double>{1, 0x1.8p-53}, 1), 1 + 0x1p-52);
  // 3 * (1 + 2^-53) = 3 + 1.5 * 2^-52: nearer to 3 + 2^-51 than to 3, which it would be if the pair were rounded first
  EXPECT_EQ(total(CompensatedSum<double>{1, 0x1p-53}, 3), 3 + 0x1p-51);
  EXPECT_TRUE(std::signbit(total(CompensatedSum<double>{-0x1p-1074, 0}, 0.25)));
  EXPECT_EQ(total(CompensatedSum<double>{largest, 0}, 2), std::numeric_limits<double>::infinity());
  EXPECT_EQ(total(CompensatedSum<double>{-std::numeric_limits<double>::infinity(), std::nan("")}, 2),
            -std::numeric_limits<double>::infinity());
  EXPECT_EQ(total(CompensatedSum<double>{2, 1}, std::numeric_limits<double>::infinity()),
            std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace KokkosQuantTest
