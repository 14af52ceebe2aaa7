// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two numbers of 16 bits in a word: what devices compute of both at once, on the host and on the device, against each by itself.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "KokkosQuantTest_Fixtures.hpp"
#include "KokkosQuantTest_Values.hpp"

namespace {

namespace Impl = KokkosQuant::Impl;

// f(i) for i < n on an execution space, as words.
template <class Exec, class F>
std::vector<std::uint32_t> computed(std::int64_t n, const F& f) {
  Kokkos::View<std::uint32_t*, Exec> on_device("KokkosQuantTest::words", static_cast<std::size_t>(n));
  Kokkos::parallel_for(
      "KokkosQuantTest::words", Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(0, n),
      KOKKOS_LAMBDA(const std::int64_t i) { on_device(static_cast<std::size_t>(i)) = f(i); });
  const auto on_host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, on_device);
  return {on_host.data(), on_host.data() + n};
}
// Any bits, from a number.
KOKKOS_INLINE_FUNCTION std::uint32_t mixed(std::int64_t i) {
  auto x = static_cast<std::uint64_t>(i + 1) * 0x9e3779b97f4a7c15u;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9u;
  return static_cast<std::uint32_t>(x >> 32);
}
std::int16_t half_of(std::uint32_t word, int h) { return static_cast<std::int16_t>(word >> (16 * h)); }

template <class Exec>
class DevicePairs : public testing::Test {};
TYPED_TEST_SUITE(DevicePairs, KokkosQuantTest::ExecutionSpaces, KokkosQuantTest::CaseNames);

struct ClampedSums {
  KOKKOS_FUNCTION static std::uint32_t a(std::int64_t i) { return mixed(4 * i); }
  // halves of b, lo, hi that the sums do not overflow with
  KOKKOS_FUNCTION static std::uint32_t small(std::int64_t i, int which) {
    return Impl::twice(static_cast<std::int32_t>(mixed(4 * i + which) % 16384) - 8192);
  }
  KOKKOS_FUNCTION std::uint32_t operator()(std::int64_t i) const {
    return Impl::clamped_sums((a(i) & 0x1fff1fffu), small(i, 1), small(i, 2), small(i, 3));
  }
};
TYPED_TEST(DevicePairs, ClampedSums) {
  constexpr std::int64_t n = 100000;
  const auto words = computed<TypeParam>(n, ClampedSums{});
  for (std::int64_t i = 0; i < n; ++i)
    for (int h = 0; h < 2; ++h) {
      const int a = half_of(ClampedSums::a(i) & 0x1fff1fffu, h), b = half_of(ClampedSums::small(i, 1), h),
                lo = half_of(ClampedSums::small(i, 2), h), hi = half_of(ClampedSums::small(i, 3), h);
      ASSERT_EQ(half_of(words[static_cast<std::size_t>(i)], h), std::max(std::min(a + b, hi), lo)) << i;
    }
}

// Every half and bfloat16 beside others: the larger of all, as the number it is, or beyond the limit NaN.
template <class T, bool Magnitude>
struct Largest {
  KOKKOS_FUNCTION static std::uint32_t word(std::int64_t i, int which) {
    if (which == 1) return static_cast<std::uint32_t>(i & 0xffff) << (16 * (i >> 16 & 1));
    return i % 3 == 0 ? 0 : mixed(2 * i + which) & 0xbfffbfffu;  // (half the exponents)
  }
  KOKKOS_FUNCTION std::uint32_t operator()(std::int64_t i) const {
    const std::uint32_t a = word(i, 0) & 0x7fff7fffu;
    const std::uint32_t largest =
        Magnitude ? Impl::largest_halves(a, word(i, 1), word(i, 2)) : Impl::larger_halves(a, word(i, 1), word(i, 2));
    return Impl::bits_as<std::uint32_t>(Impl::larger_half<T>(largest));
  }
  static std::uint32_t expected(std::int64_t i) {
    float largest = 0;
    for (int w = 0; w < 3; ++w)
      for (int h = 0; h < 2; ++h) {
        auto bits = static_cast<std::uint16_t>(word(i, w) >> (16 * h));
        if (Magnitude || w == 0) bits &= 0x7fff;
        if ((bits & 0x7fff) > Impl::magnitude_limit && (bits & 0x8000) == 0) return 0x7fffffff;  // NaN
        if ((bits & 0x7fff) > Impl::magnitude_limit) return 0;                                   // either
        largest = std::max(largest, static_cast<float>(T::from_bits(bits)));
      }
    return Impl::bits_as<std::uint32_t>(largest);
  }
};
template <class Exec, class T, bool Magnitude>
void test_largest() {
  constexpr std::int64_t n = 4 << 16;
  const auto words = computed<Exec>(n, Largest<T, Magnitude>{});
  std::int64_t compared = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint32_t expected = Largest<T, Magnitude>::expected(i), got = words[static_cast<std::size_t>(i)];
    if (expected == 0 && !Magnitude) continue;
    ++compared;
    if (expected == 0x7fffffff)
      ASSERT_TRUE(std::isnan(Impl::bits_as<float>(got))) << std::hex << i;
    else
      ASSERT_EQ(got, expected) << std::hex << i;
  }
  EXPECT_GT(compared, n / 3);
}
TYPED_TEST(DevicePairs, LargestHalves) {
  test_largest<TypeParam, KokkosQuant::half_t, true>();
  test_largest<TypeParam, KokkosQuant::half_t, false>();
  test_largest<TypeParam, KokkosQuant::bfloat16_t, true>();
  test_largest<TypeParam, KokkosQuant::bfloat16_t, false>();
}

// Codes of 8, 4 and 2 bits in the order of their lanes.
template <int N>
struct PackPairs {
  KOKKOS_FUNCTION std::uint32_t operator()(std::int64_t i) const {
    std::uint32_t pair[N / 2];
    for (int p = 0; p < N / 2; ++p) pair[p] = mixed(N * i + p);
    return Impl::pack_pairs<N>(pair);
  }
};
template <class Exec, int N>
void test_packed() {
  constexpr std::int64_t n = 20000;
  const auto words = computed<Exec>(n, PackPairs<N>{});
  for (std::int64_t i = 0; i < n; ++i)
    for (int lane = 0; lane < N; ++lane) {
      constexpr int bits = 32 / N;
      constexpr std::uint32_t mask = (1u << bits) - 1;
      const std::uint32_t code = mixed(N * i + lane / 2) >> (16 * (lane % 2)) & mask;
      ASSERT_EQ(words[static_cast<std::size_t>(i)] >> (bits * lane) & mask, code) << i << ", lane " << lane;
    }
}
TYPED_TEST(DevicePairs, PackedCodes) {
  test_packed<TypeParam, 4>();
  test_packed<TypeParam, 8>();
  test_packed<TypeParam, 16>();
}

// Two floats narrowed at once: each as by itself.
template <class T>
struct NarrowPair {
  KOKKOS_FUNCTION std::uint32_t operator()(std::int64_t i) const {
    return Impl::narrow_pair<T>(Impl::bits_as<float>(mixed(2 * i)), Impl::bits_as<float>(mixed(2 * i + 1)));
  }
};
template <class Exec, class T>
void test_narrowed() {
  constexpr std::int64_t n = 100000;
  const auto words = computed<Exec>(n, NarrowPair<T>{});
  for (std::int64_t i = 0; i < n; ++i)
    for (int h = 0; h < 2; ++h) {
      const auto value = Impl::bits_as<float>(mixed(2 * i + h));
      const auto bits = static_cast<std::uint16_t>(half_of(words[static_cast<std::size_t>(i)], h));
      if (std::isnan(value))
        ASSERT_TRUE(std::isnan(static_cast<float>(T::from_bits(bits)))) << i;
      else
        ASSERT_EQ(bits, T(value).bits) << i;
    }
}
TYPED_TEST(DevicePairs, NarrowedPairs) {
  test_narrowed<TypeParam, KokkosQuant::half_t>();
  test_narrowed<TypeParam, KokkosQuant::bfloat16_t>();
}

struct LargerMagnitude {
  KOKKOS_FUNCTION std::uint32_t operator()(std::int64_t i) const {
    const auto m = Impl::bits_as<float>(mixed(2 * i) & 0x7fffffffu), x = Impl::bits_as<float>(mixed(2 * i + 1));
    return Impl::bits_as<std::uint32_t>(Impl::larger_magnitude(m, x));
  }
};
TYPED_TEST(DevicePairs, LargerMagnitudes) {
  constexpr std::int64_t n = 100000;
  const auto words = computed<TypeParam>(n, LargerMagnitude{});
  for (std::int64_t i = 0; i < n; ++i) {
    const auto m = Impl::bits_as<float>(mixed(2 * i) & 0x7fffffffu), x = std::abs(Impl::bits_as<float>(mixed(2 * i + 1)));
    const auto got = Impl::bits_as<float>(words[static_cast<std::size_t>(i)]);
    if (std::isnan(m) || std::isnan(x))
      ASSERT_TRUE(std::isnan(got)) << i;
    else
      ASSERT_EQ(got, std::max(m, x)) << i;
  }
}

}  // namespace
