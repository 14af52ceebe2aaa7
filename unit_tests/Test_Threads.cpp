// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The same bits from every execution space, layout and number of threads. ctest runs this program with several numbers
// of threads; what they have to agree on stands in this file.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Problems.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace KokkosQuantTest {
namespace {

// ------------------------------------------------------------------------------------------- inputs, made of integers
// alone

template <class T>
using bits_of =
    std::conditional_t<sizeof(T) == 2, std::uint16_t, std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;
template <class T>
constexpr int fraction_bits = std::is_same_v<T, double>   ? 52
                              : std::is_same_v<T, float>  ? 23
                              : std::is_same_v<T, half_t> ? 10
                                                          : 7;
template <class T>
constexpr int exponent_bits = static_cast<int>(8 * sizeof(T)) - 1 - fraction_bits<T>;

template <class T>
T make(bool negative, std::uint64_t exponent, std::uint64_t fraction) {
  const std::uint64_t sign = negative ? 1 : 0;
  return std::bit_cast<T>(static_cast<bits_of<T>>((((sign << exponent_bits<T>) | exponent) << fraction_bits<T>) | fraction));
}
// 2^lowest to 2^(highest+1), with many ties of the quotient among them; seldom a zero, subnormal, Inf or NaN.
template <class T>
T any_number(Random& random, int lowest, int highest) {
  const std::uint64_t bias = (std::uint64_t{1} << (exponent_bits<T> - 1)) - 1, full = 2 * bias + 1;
  const std::uint64_t fractions = std::uint64_t{1} << fraction_bits<T>, r = random.bits();
  const bool negative = r % 2 != 0;
  switch (r / 2 % 64) {
    case 0: return make<T>(negative, 0, 0);
    case 1: return make<T>(negative, 0, 1 + random.bits() % (fractions - 1));
    case 2: return make<T>(negative, full, 0);
    case 3: return make<T>(negative, full, fractions / 2);
    case 4: return make<T>(negative, full - 1, fractions - 1);
    default: break;
  }
  const std::uint64_t exponent =
      bias + static_cast<std::uint64_t>(lowest) + random.below(static_cast<std::size_t>(highest - lowest + 1));
  const std::uint64_t fraction = random.bits() % fractions;
  return make<T>(negative, exponent, r / 128 % 2 != 0 ? fraction : fraction / (fractions / 16) * (fractions / 16));
}

// Less than a vector, not quite a number of them, lines that are cut into tasks, and many short lines.
constexpr Shape shapes[] = {{1, 1},    {1, 7},     {7, 1},     {3, 5},    {5, 37},    {16, 16},  {17, 33},
                            {2, 4099}, {1, 70001}, {30001, 1}, {3001, 3}, {1025, 65}, {129, 300}};

/// What an op is tested with: data in T, scales in S, codes in Q.
template <class T_, class S_, class Q_>
struct Types {
  using T = T_;
  using S = S_;
  using Q = Q_;
};
using Double = Types<double, double, std::int8_t>;
using Float = Types<float, float, std::uint8_t>;
using Half = Types<half_t, half_t, std::int8_t>;
using BFloat16 = Types<bfloat16_t, float, std::uint8_t>;

template <class Q>
constexpr QuantizeDescriptor code_range{std::numeric_limits<Q>::min(), std::numeric_limits<Q>::max()};

template <class Types>
struct Inputs {
  std::vector<typename Types::T> dy, x;
  std::vector<typename Types::S> scale;
  std::vector<typename Types::Q> q;
  std::vector<std::int32_t> zero_point;

  explicit Inputs(Shape shape) {
    Random random(shape.rows * 1000003 + shape.columns);
    for (std::size_t n = 0; n < shape.rows; ++n) {
      scale.push_back(any_number<typename Types::S>(random, -3, 1));
      zero_point.push_back(n % 50 == 49 ? static_cast<std::int32_t>(random.bits())
                                        : static_cast<std::int32_t>(random.below(40)) - 20);
    }
    for (std::size_t i = 0; i < shape.rows * shape.columns; ++i) {
      dy.push_back(any_number<typename Types::T>(random, -5, 5));
      x.push_back(any_number<typename Types::T>(random, -4, 7));
      q.push_back(static_cast<typename Types::Q>(random.bits()));
    }
  }
};

/// FNV-1a (Fowler, Noll, Vo), 64 bits, of all bits with every NaN being one.
class Hash {
 public:
  void add(std::uint64_t word) {
    for (int byte = 0; byte < 8; ++byte) {
      value_ = (value_ ^ (word & 0xff)) * 0x100000001b3u;
      word >>= 8;
    }
  }
  template <class M>
  void add_rows(const M& m) {
    for (std::size_t n = 0; n < m.rows(); ++n)
      for (std::size_t d = 0; d < m.columns(); ++d) add(canonical_bits(m(n, d)));
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

// ------------------------------------------------------------------------------------------------------------------
// runs

template <class Op, class Types, class Layout, class Exec>
std::uint64_t hash_of_run(const Inputs<Types>& inputs, Shape shape, Placement placement) {
  using T = typename Types::T;
  using Q = typename Types::Q;
  const Exec exec{};
  const QuantizeDescriptor range = code_range<Q>;
  Vector<typename Types::S, Kokkos::LayoutRight, Exec> scale(inputs.scale);
  Vector<std::int32_t, Kokkos::LayoutRight, Exec> zero_point(inputs.zero_point);
  const auto matrix = [&]<class E>(const std::vector<E>& values) {
    Matrix<E, Layout, Exec> m(shape.rows, shape.columns, placement);
    if (!values.empty()) m.fill(values);
    m.to_device();
    return m;
  };
  const auto finish = [&](const auto& args, auto& out) {
    KokkosQuant::select<Op>(exec, range, args).run();
    exec.fence();
    out.to_host();
    Hash hash;
    hash.add_rows(out);
    return hash.value();
  };
  if constexpr (std::is_same_v<Op, QuantizePerTokenBackward>) {
    const auto dy = matrix(inputs.dy), x = matrix(inputs.x);
    auto dx = matrix(std::vector<T>());
    return finish(KokkosQuant::QuantizePerTokenBackwardArgs{dy.view(), x.view(), scale.view(), zero_point.view(), dx.view()},
                  dx);
  } else if constexpr (std::is_same_v<Op, QuantizePerToken>) {
    const auto x = matrix(inputs.x);
    auto q = matrix(std::vector<Q>());
    return finish(KokkosQuant::QuantizePerTokenArgs{x.view(), scale.view(), zero_point.view(), q.view()}, q);
  } else {
    const auto q = matrix(inputs.q);
    auto x = matrix(std::vector<T>());
    return finish(KokkosQuant::DequantizePerTokenArgs{q.view(), scale.view(), zero_point.view(), x.view()}, x);
  }
}

// Every space and layout, and starts that are not aligned, against the first of them; returns the hash of all shapes.
template <class Op, class Types, class... Exec>
std::uint64_t hash_everywhere(::testing::Types<Exec...>) {
  Hash all;
  for (const Shape shape : shapes) {
    const Inputs<Types> inputs(shape);
    std::vector<std::uint64_t> hashes;
    const auto on = [&]<class Space>(std::type_identity<Space>) {
      const auto run = [&]<class Layout>(std::type_identity<Layout>, Placement placement) {
        hashes.push_back(hash_of_run<Op, Types, Layout, Space>(inputs, shape, placement));
        EXPECT_EQ(hashes.back(), hashes.front()) << Space::name() << ", Layout" << layout_name<Layout>() << ", " << shape.rows
                                                 << " x " << shape.columns << ", offset " << placement.offset;
      };
      run(std::type_identity<Kokkos::LayoutRight>{}, {});
      run(std::type_identity<Kokkos::LayoutRight>{}, {1, 3});
      run(std::type_identity<Kokkos::LayoutLeft>{}, {});
      run(std::type_identity<Kokkos::LayoutLeft>{}, {1, 3});
      run(std::type_identity<Kokkos::LayoutStride>{}, {0, 0, 2});
    };
    (on(std::type_identity<Exec>{}), ...);
    all.add(hashes.front());
  }
  return all.value();
}
template <class Op, class Types>
std::uint64_t hash_everywhere() {
  return hash_everywhere<Op, Types>(ExecutionSpaces{});
}

// The constants are those of KokkosQuantTest_Reference.hpp, which shares no arithmetic with the library.
TEST(Threads, BackwardGivesTheSameBitsEverywhere) {
  EXPECT_EQ((hash_everywhere<QuantizePerTokenBackward, Double>()), 0x76a0d1f7a1791b1bu);
  EXPECT_EQ((hash_everywhere<QuantizePerTokenBackward, Float>()), 0x86f6e2ecb05ee5e9u);
  EXPECT_EQ((hash_everywhere<QuantizePerTokenBackward, Half>()), 0xe76d8879ef302c8fu);
  EXPECT_EQ((hash_everywhere<QuantizePerTokenBackward, BFloat16>()), 0x65b089c5f0bf82f6u);
}
TEST(Threads, QuantizeGivesTheSameBitsEverywhere) {
  EXPECT_EQ((hash_everywhere<QuantizePerToken, Double>()), 0x2c4087ac2ded996fu);
  EXPECT_EQ((hash_everywhere<QuantizePerToken, Float>()), 0xf1e214064989ac13u);
  EXPECT_EQ((hash_everywhere<QuantizePerToken, Half>()), 0x347405e0f9154f15u);
  EXPECT_EQ((hash_everywhere<QuantizePerToken, BFloat16>()), 0x67b10375b28a53a2u);
}
TEST(Threads, DequantizeGivesTheSameBitsEverywhere) {
  EXPECT_EQ((hash_everywhere<DequantizePerToken, Double>()), 0x2457331d0d3dd087u);
  EXPECT_EQ((hash_everywhere<DequantizePerToken, Float>()), 0xd3d9d2b4a019b407u);
  EXPECT_EQ((hash_everywhere<DequantizePerToken, Half>()), 0xd1d095fab09808e6u);
  EXPECT_EQ((hash_everywhere<DequantizePerToken, BFloat16>()), 0x2e0eb7376fc7ab13u);
}

}  // namespace
}  // namespace KokkosQuantTest
