// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Values that tell a right quantizer from an almost right one: ties and bounds with their neighbours, the ends
/// of the number line, extreme integers; and random numbers that are the same on every platform.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "KokkosQuantTest_Reference.hpp"

namespace KokkosQuantTest {

/// splitmix64 (Steele, Lea, Flood, 2014)
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
  double uniform(double a, double b) { return a + (b - a) * std::ldexp(static_cast<double>(bits() >> 11), -53); }
  template <class E>
  const E& one_of(const std::vector<E>& values) {
    return values[below(values.size())];
  }
  /// Any encoding: all exponents, subnormals, Inf and NaN.
  template <std::floating_point C>
  C any() {
    if constexpr (sizeof(C) == 4)
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits() >> 32));
    else
      return std::bit_cast<double>(bits());
  }

 private:
  std::uint64_t state_;
};

/// The value and its neighbours up to so many ulp away.
template <std::floating_point C>
void add_with_neighbours(std::vector<C>& values, C centre, int ulps = 2) {
  constexpr C inf = std::numeric_limits<C>::infinity();
  values.push_back(centre);
  C down = centre, up = centre;
  for (int i = 0; i < ulps; ++i) {
    values.push_back(down = std::nextafter(down, -inf));
    values.push_back(up = std::nextafter(up, inf));
  }
}

/// Both signs of zero, Inf, NaN, the smallest and largest subnormal and normal numbers, and a few in between.
template <std::floating_point C>
std::vector<C> special_values() {
  using limits = std::numeric_limits<C>;
  std::vector<C> values = {limits::quiet_NaN()};
  for (const C magnitude : {C(0),
                            limits::denorm_min(),
                            3 * limits::denorm_min(),
                            limits::min() - limits::denorm_min(),
                            limits::min(),
                            limits::epsilon(),
                            C(0.1),
                            C(0.5),
                            C(1),
                            C(1.5),
                            C(3),
                            C(127.5),
                            C(0x1p-60),
                            C(0x1.fffffep-61),
                            C(0x1p-59),
                            C(0x1p80),
                            C(0x1.000002p80),
                            C(0x1p81),
                            C(1e30),
                            limits::max() / 2,
                            limits::max(),
                            limits::infinity()})
    for (const C value : {magnitude, -magnitude}) values.push_back(value);
  return values;
}

/// Scales, the useless ones included, and NaNs all of whose bits are set: rounded to fewer bits as numbers are, they become -0, +0.
template <std::floating_point C>
std::vector<C> special_scales() {
  std::vector<C> scales = special_values<C>();
  using limits = std::numeric_limits<C>;
  using Bits = std::conditional_t<sizeof(C) == 4, std::uint32_t, std::uint64_t>;
  for (const Bits nan : {std::numeric_limits<Bits>::max() / 2, std::numeric_limits<Bits>::max()})
    scales.push_back(std::bit_cast<C>(nan));
  for (const C scale : {C(0.1), C(1) / 3, C(0.007), C(1) - limits::epsilon() / 2, C(1) + limits::epsilon(), C(0x1p-20),
                        C(0x1p20), C(0x1p-40), C(0x1.fffffep-41), C(0x1.8p-40), C(0x1p40), C(0x1.000002p40), C(0x1.8p39),
                        C(0x1p-100), C(0x1p100), limits::min() * C(1.7), limits::denorm_min() * 1000, C(-0.3), C(-1e-5)})
    scales.push_back(scale);
  return scales;
}

inline std::vector<std::int32_t> special_integers() {
  std::vector<std::int32_t> integers = {0,    1,   -1,      3,         -77,           127,       128,
                                        -128, 255, 1000003, INT32_MIN, INT32_MIN + 1, INT32_MAX, INT32_MAX - 1};
  for (const int power : {20, 21, 22, 23, 24, 25, 30})
    for (const int beside : {-1, 0, 1})
      for (const int sign : {-1, 1}) integers.push_back(sign * ((1 << power) + beside));
  return integers;
}

inline std::vector<QuantizeDescriptor> special_ranges() {
  const std::int32_t lowest = INT32_MIN, highest = INT32_MAX;
  return {{-128, 127},       {0, 255},         {-20, 20},
          {-8, 7},           {5, 5},           {0, 0},
          {-32768, 32767},   {-7, 1 << 22},    {-(1 << 24) - 1, (1 << 24) + 1},
          {lowest, highest}, {lowest, lowest}, {highest, highest},
          {lowest, 0},       {-1, highest},    {lowest, lowest + 200}};
}

/// x at and beside every place where the integer, or whether it is inside, changes: all of them for a narrow range,
/// else those at its ends; and whatever 0 and the zero point are beside.
template <std::floating_point C>
std::vector<C> values_at_ties(C scale, std::int32_t zero_point, QuantizeDescriptor range, std::int64_t widest = 40) {
  const std::int64_t lo = std::int64_t{range.q_min} - zero_point, hi = std::int64_t{range.q_max} - zero_point;
  std::vector<std::int64_t> integers = {-1, 0, 1};
  for (const std::int64_t end : {lo, hi})
    for (std::int64_t i = end - 2; i <= end + 2; ++i) integers.push_back(i);
  if (hi - lo <= widest)
    for (std::int64_t i = lo; i <= hi; ++i) integers.push_back(i);
  std::vector<C> values;
  for (const std::int64_t i : integers) {
    add_with_neighbours(values, (static_cast<C>(i) + C(0.5)) * scale);
    add_with_neighbours(values, static_cast<C>(i) * scale, 1);
  }
  return values;
}

/// Dividends whose quotients by this scale lie as close to the middle between two C as quotients can, on either side:
/// what a product with the reciprocal, corrected too little, gets wrong. scale = S * 2^i with an odd S; A * 2^k = S * Y
/// + e with a small odd e is solved for an odd Y of one bit more than C has, so A/S = (Y + e/S) / 2^k lies e/S beside a
/// midpoint.
template <std::floating_point C>
std::vector<C> hardest_dividends(C scale) {
  constexpr int digits = std::numeric_limits<C>::digits;
  std::vector<C> dividends;
  if (!std::isfinite(scale) || scale == 0) return dividends;
  const Exact exact = take_apart(static_cast<double>(scale));
  auto S = static_cast<std::uint64_t>(exact.significand);
  int exponent = exact.exponent;
  for (; S % 2 == 0; S /= 2) ++exponent;
  std::uint64_t inverse = S;  // of S modulo 2^64, by Newton's iteration: right in 3, 6, 12, ... bits
  for (int i = 0; i < 5; ++i) inverse *= 2 - S * inverse;
  const int k = bit_length(S) + 1;
  for (int e = -15; e <= 15; e += 2) {
    std::uint64_t Y = (0 - static_cast<std::uint64_t>(e) * inverse) % (std::uint64_t{1} << k);
    if (k <= digits) Y += std::uint64_t{1} << digits;
    if (Y < std::uint64_t{1} << digits) continue;
    const uint128 A = (static_cast<uint128>(S) * Y + static_cast<uint128>(std::int64_t{e})) >> k;
    const auto dividend =
        static_cast<C>(std::ldexp(static_cast<double>(static_cast<std::uint64_t>(A)), exponent + k - digits + e % 4));
    dividends.push_back(dividend);
    dividends.push_back(-dividend);
  }
  return dividends;
}

}  // namespace KokkosQuantTest
