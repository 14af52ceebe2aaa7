// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Outputs just below and above the size from which a host writes them past its caches, at any distance from a cache line:
// the bits of AffineQuantizer, and not a byte beside them.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace KokkosQuantTest {
namespace {

using Exec = Kokkos::DefaultHostExecutionSpace;
using Kokkos::LayoutLeft;
using Kokkos::LayoutRight;
using KokkosQuant::bfloat16_t;
using KokkosQuant::half_t;
using KokkosQuant::QuantizeDescriptor;
template <class T, class Layout = LayoutRight>
using Array2 = Kokkos::View<T**, Layout, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
template <class T>
using Array1 = Kokkos::View<T*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

constexpr QuantizeDescriptor range{-100, 99};
constexpr std::size_t threshold = static_cast<std::size_t>(KokkosQuant::Impl::host_tuning.streaming_bytes);
constexpr std::size_t guard = 128;  // bytes before and behind the output

template <class T>
std::vector<T> numbers(std::size_t count, std::uint32_t seed) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    if constexpr (std::is_integral_v<T>)
      values[i] = static_cast<T>(seed >> 24);
    else
      values[i] = static_cast<T>(static_cast<float>(seed >> 16) * 0x1p-12f - 8.0f);
  }
  return values;
}

// N x D elements, the output a few elements behind a cache line.
template <class T>
struct Rows {
  std::size_t n, d;
  std::vector<T> scale = numbers<T>(n, 1);
  std::vector<int> zero_point = std::vector<int>(n);
  std::vector<T> x = numbers<T>(n * d, 2), dy = numbers<T>(n * d, 3);
  std::vector<std::int8_t> q = numbers<std::int8_t>(n * d, 4);

  Rows(std::size_t rows, std::size_t columns) : n(rows), d(columns) {
    for (std::size_t i = 0; i < n; ++i) zero_point[i] = static_cast<int>(i % 37) - 18;
  }
  auto scales() const { return Array1<const T>(scale.data(), n); }
  auto zero_points() const { return Array1<const int>(zero_point.data(), n); }

  // run(output view) writes what element(quantizer, index) gives
  template <class Layout, class Out, class Run, class Element>
  bool holds(std::size_t skew, const Run& run, const Element& element) const {
    using C = KokkosQuant::compute_t<T>;
    std::vector<unsigned char> memory(n * d * sizeof(Out) + 2 * guard + 64, 0xa5), expected = memory;
    const std::size_t to_line = (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64;
    const std::size_t first = guard + to_line % 64 + (skew * sizeof(Out)) % 64;
    run(Array2<Out, Layout>(reinterpret_cast<Out*>(memory.data() + first), n, d));
    constexpr bool right = std::is_same_v<Layout, LayoutRight>;
    for (std::size_t row = 0; row < n; ++row) {
      const KokkosQuant::AffineQuantizer<C> quantizer(static_cast<C>(scale[row]), zero_point[row], range);
      for (std::size_t column = 0; column < d; ++column) {
        const std::size_t i = right ? row * d + column : column * n + row;
        const auto value = static_cast<Out>(element(quantizer, i));
        std::memcpy(expected.data() + first + i * sizeof(Out), &value, sizeof(Out));
      }
    }
    return memory == expected;
  }
  template <class Layout>
  bool backward_holds(std::size_t skew) const {
    using C = KokkosQuant::compute_t<T>;
    return holds<Layout, T>(
        skew,
        [&](const auto& dx) {
          KokkosQuant::QuantizePerTokenBackwardPlan(
              Exec(), range,
              KokkosQuant::QuantizePerTokenBackwardArgs{Array2<const T, Layout>(dy.data(), n, d),
                                                        Array2<const T, Layout>(x.data(), n, d), scales(), zero_points(), dx})
              .run();
          Exec().fence();
        },
        [&](const auto& k, std::size_t i) { return k.backward(static_cast<C>(dy[i]), static_cast<C>(x[i])); });
  }
  template <class Layout>
  bool quantize_holds(std::size_t skew) const {
    using C = KokkosQuant::compute_t<T>;
    return holds<Layout, std::int8_t>(
        skew,
        [&](const auto& out) {
          KokkosQuant::QuantizePerTokenPlan(
              Exec(), range,
              KokkosQuant::QuantizePerTokenArgs{Array2<const T, Layout>(x.data(), n, d), scales(), zero_points(), out})
              .run();
          Exec().fence();
        },
        [&](const auto& k, std::size_t i) { return k.quantize(static_cast<C>(x[i])); });
  }
  template <class Layout>
  bool dequantize_holds(std::size_t skew) const {
    return holds<Layout, T>(
        skew,
        [&](const auto& out) {
          KokkosQuant::DequantizePerTokenPlan(
              Exec(), range,
              KokkosQuant::DequantizePerTokenArgs{Array2<const std::int8_t, Layout>(q.data(), n, d), scales(), zero_points(),
                                                  out})
              .run();
          Exec().fence();
        },
        [&](const auto& k, std::size_t i) { return k.dequantize(q[i]); });
  }
};

// Rows and columns of an output of Bytes at least.
template <class Out>
std::size_t rows_of(std::size_t columns, std::size_t bytes) {
  return (bytes / sizeof(Out) + columns - 1) / columns;
}

template <class T>
class Streaming : public ::testing::Test {};
using Types = ::testing::Types<double, float, half_t, bfloat16_t>;
TYPED_TEST_SUITE(Streaming, Types);

TYPED_TEST(Streaming, BackwardAroundTheThreshold) {
  using T = TypeParam;
  if (sizeof(T) > 2) {
    const std::size_t fewer = rows_of<T>(100, threshold) - 1;
    EXPECT_TRUE((Rows<T>(fewer, 100).template backward_holds<LayoutRight>(3)));
    EXPECT_TRUE((Rows<T>(rows_of<T>(4097, threshold), 4097).template backward_holds<LayoutRight>(5)));
  }
  EXPECT_TRUE((Rows<T>(rows_of<T>(7, threshold), 7).template backward_holds<LayoutRight>(1)));
}
TYPED_TEST(Streaming, DequantizeAboveTheThreshold) {
  using T = TypeParam;
  const Rows<T> rows(rows_of<T>(1000, threshold) + 1, 1000);
  EXPECT_TRUE(rows.template dequantize_holds<LayoutRight>(5));
}
TYPED_TEST(Streaming, TokensAboveTheThreshold) {
  using T = TypeParam;
  const std::size_t columns = rows_of<T>(4097, threshold), full = rows_of<T>(4096, threshold);
  EXPECT_TRUE((Rows<T>(4097, columns).template backward_holds<LayoutLeft>(1)));  // every column at a distance of its own
  EXPECT_TRUE((Rows<T>(4096, full).template dequantize_holds<LayoutLeft>(0)));
}
TEST(Streaming8, QuantizeAboveTheThreshold) {
  const Rows<float> rows(rows_of<std::int8_t>(33, threshold), 33);
  EXPECT_TRUE(rows.quantize_holds<LayoutRight>(61));
  EXPECT_TRUE(rows.quantize_holds<LayoutLeft>(1));
}
TEST(Streaming8, QuantizeDoubleAboveTheThreshold) {
  const Rows<double> rows(4096, rows_of<std::int8_t>(4096, threshold));
  EXPECT_TRUE(rows.quantize_holds<LayoutRight>(7));
  EXPECT_TRUE(rows.quantize_holds<LayoutLeft>(7));
}

}  // namespace
}  // namespace KokkosQuantTest
