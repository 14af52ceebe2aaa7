// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The arithmetic contract written a second time, in integers: nothing here divides, rounds or converts in
/// floating point.
///
/// A number is taken apart into sign, integer significand and exponent; quotients, products and roundings are integer
/// long division, multiplication and shifts; the 16-bit types are tables of their 65,536 values, and converting to them
/// is a search for the nearest neighbour. So no compiler flag, instruction or expression is shared with the library.
#pragma once

#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace KokkosQuantTest {

using KokkosQuant::bfloat16_t;
using KokkosQuant::half_t;
using KokkosQuant::QuantizeDescriptor;

__extension__ typedef unsigned __int128 uint128;

template <class T>
concept sixteen_bits = std::same_as<T, half_t> || std::same_as<T, bfloat16_t>;

// ------------------------------------------------------------------------------------------------- the 16-bit types'
// values

/// The values of a 16-bit type: a sign, exponent_bits, fraction_bits.
template <sixteen_bits T>
struct Format {
  static constexpr int fraction_bits = std::same_as<T, half_t> ? 10 : 7;
  static constexpr int exponent_bits = 15 - fraction_bits;
  static constexpr int bias = (1 << (exponent_bits - 1)) - 1;
  static constexpr unsigned infinity = ((1u << exponent_bits) - 1) << fraction_bits;  ///< its encoding

  static double decode(unsigned encoding) {
    const double sign = (encoding >> 15) != 0 ? -1.0 : 1.0;
    const unsigned magnitude = encoding & 0x7fffu;
    const int fraction = static_cast<int>(magnitude % (1u << fraction_bits));
    const int exponent = static_cast<int>(magnitude >> fraction_bits);
    if (magnitude > infinity) return std::numeric_limits<double>::quiet_NaN();
    if (magnitude == infinity) return sign * std::numeric_limits<double>::infinity();
    if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
    return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  }

  /// All finite values from +0 up, and behind them the number that would follow the largest one, where Inf stands.
  static const std::vector<double>& magnitudes() {
    static const std::vector<double> table = [] {
      std::vector<double> values;
      for (unsigned m = 0; m < infinity; ++m) values.push_back(decode(m));
      values.push_back(std::ldexp(1.0, bias + 1));
      return values;
    }();
    return table;
  }

  /// The encoding nearest to a value; halfway between two the even one. A NaN gives a NaN.
  static std::uint16_t nearest(double value) {
    const unsigned sign = std::signbit(value) ? 0x8000u : 0u;
    if (std::isnan(value)) return static_cast<std::uint16_t>(infinity + 1);
    const std::vector<double>& table = magnitudes();
    const double magnitude = std::fabs(value);
    const auto above = static_cast<unsigned>(std::upper_bound(table.begin(), table.end(), magnitude) - table.begin());
    if (above == table.size()) return static_cast<std::uint16_t>(sign | infinity);
    const unsigned below = above - 1;
    const double midpoint = (table[below] + table[above]) / 2;  // exact: one bit more than either
    const bool up = magnitude > midpoint || (magnitude == midpoint && below % 2 == 1);
    return static_cast<std::uint16_t>(sign | (up ? above : below));
  }
};

// --------------------------------------------------------------------------------------------------- bits and their
// printing

template <class T>
double to_double(T value) {
  if constexpr (sixteen_bits<T>)
    return Format<T>::decode(value.bits);
  else
    return static_cast<double>(value);
}

/// A value's bits, every NaN being the same one.
template <class T>
std::uint64_t canonical_bits(T value) {
  if constexpr (std::integral<T>) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  } else if constexpr (requires { value.byte; }) {  // packed codes
    return value.byte;
  } else {
    if (std::isnan(to_double(value))) return ~std::uint64_t{0};
    if constexpr (sixteen_bits<T>)
      return value.bits;
    else if constexpr (sizeof(T) == 4)
      return std::bit_cast<std::uint32_t>(value);
    else
      return std::bit_cast<std::uint64_t>(value);
  }
}
template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0 || canonical_bits(a) == canonical_bits(b);
}

template <class T>
std::string show(T value) {
  char text[80];
  if constexpr (std::integral<T>)
    std::snprintf(text, sizeof(text), "%lld", static_cast<long long>(value));
  else if constexpr (requires { value.byte; })
    std::snprintf(text, sizeof(text), "byte 0x%02x", static_cast<unsigned>(value.byte));
  else
    std::snprintf(text, sizeof(text), "%.9g (%a)", to_double(value), to_double(value));
  return text;
}

/// Collects mismatches; fails with the first few of them, in full.
class Mismatches {
 public:
  /// where() is called for the first mismatches only and returns the inputs as text.
  template <class T, class Where>
  void compare(T got, T expected, Where&& where) {
    ++compared_;
    if (same_bits(got, expected)) return;
    if (++count_ <= 5) text_ += "\n  " + where() + ": got " + show(got) + ", expected " + show(expected);
  }
  std::size_t compared() const { return compared_; }
  operator ::testing::AssertionResult() const {
    if (count_ == 0) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << count_ << " of " << compared_ << " are wrong:" << text_;
  }

 private:
  std::size_t compared_ = 0, count_ = 0;
  std::string text_;
};

// --------------------------------------------------------------------------------------------------------- exact
// arithmetic

/// significand * 2^exponent, and a little more (less than one unit of the significand) where sticky.
struct Exact {
  bool negative;
  uint128 significand;
  int exponent;
  bool sticky = false;
};

inline int bit_length(uint128 i) {
  const auto high = static_cast<std::uint64_t>(i >> 64);
  return high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(static_cast<std::uint64_t>(i));
}

/// A finite double or float as it stands.
inline Exact take_apart(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  return {std::signbit(value), static_cast<uint128>(std::ldexp(fraction, 53)), exponent - 53};
}

/// i / 2^shift to the nearest integer, ties to even; sticky: i is in fact a little larger. 0 < shift.
inline uint128 shift_to_even(uint128 i, int shift, bool sticky) {
  if (shift > bit_length(i)) return 0;  // less than a half
  const uint128 kept = shift == 128 ? 0 : i >> shift;
  const uint128 rest = i - (shift == 128 ? 0 : kept << shift), half = uint128{1} << (shift - 1);
  return kept + ((rest > half || (rest == half && (sticky || kept % 2 == 1))) ? 1 : 0);
}

/// Rounds to the nearest double or float, ties to even, subnormals and overflow included.
template <std::floating_point C>
C round_to(const Exact& e) {
  using limits = std::numeric_limits<C>;
  const C sign = e.negative ? C(-1) : C(1);
  if (e.significand == 0) return sign * C(0);
  const int top = e.exponent + bit_length(e.significand);  // 2^(top-1) <= value < 2^top
  const int unit = std::max(top, int{limits::min_exponent}) - limits::digits;
  uint128 significand = e.significand;
  int exponent = e.exponent;
  if (unit > exponent) {
    significand = shift_to_even(significand, unit - exponent, e.sticky);
    exponent = unit;
  }
  const double value = std::ldexp(static_cast<double>(significand), exponent);
  return sign * (value > static_cast<double>(limits::max()) ? limits::infinity() : static_cast<C>(value));
}

template <std::floating_point C>
C reference_quotient(C dividend, C divisor) {
  using limits = std::numeric_limits<C>;
  const bool negative = std::signbit(dividend) != std::signbit(divisor);
  const C sign = negative ? C(-1) : C(1);
  if (std::isnan(dividend) || std::isnan(divisor)) return limits::quiet_NaN();
  if (std::isinf(dividend)) return std::isinf(divisor) ? limits::quiet_NaN() : sign * limits::infinity();
  if (std::isinf(divisor)) return sign * C(0);
  if (divisor == 0) return dividend == 0 ? limits::quiet_NaN() : sign * limits::infinity();
  const Exact a = take_apart(static_cast<double>(dividend)), b = take_apart(static_cast<double>(divisor));
  const uint128 shifted = a.significand << 64, quotient = shifted / b.significand;
  return round_to<C>({negative, quotient, a.exponent - b.exponent - 64, quotient * b.significand != shifted});
}

template <std::floating_point C>
C reference_product(C x, C y) {
  using limits = std::numeric_limits<C>;
  const bool negative = std::signbit(x) != std::signbit(y);
  if (std::isnan(x) || std::isnan(y)) return limits::quiet_NaN();
  if (std::isinf(x) || std::isinf(y))
    return x == 0 || y == 0 ? limits::quiet_NaN() : (negative ? -limits::infinity() : limits::infinity());
  const Exact a = take_apart(static_cast<double>(x)), b = take_apart(static_cast<double>(y));
  return round_to<C>({negative, a.significand * b.significand, a.exponent + b.exponent});
}

/// RN_T of a value that is a double (or a float in a double's clothes).
template <class T>
T reference_convert(double value) {
  if constexpr (sixteen_bits<T>)
    return T::from_bits(Format<T>::nearest(value));
  else if (std::isnan(value) || std::isinf(value))
    return static_cast<T>(value);
  else
    return round_to<T>(take_apart(value));
}

// ------------------------------------------------------------------------------------------------------------- the
// contract

/// t rounded to an integer, ties to even; far outside every range it stops at ±2^62. Nothing for a NaN.
inline std::optional<std::int64_t> reference_round(double t) {
  const std::int64_t far = std::int64_t{1} << 62;
  if (std::isnan(t)) return std::nullopt;
  if (std::fabs(t) >= 0x1p62) return t < 0 ? -far : far;
  const Exact e = take_apart(t);
  const uint128 magnitude = e.exponent >= 0 ? e.significand << e.exponent : shift_to_even(e.significand, -e.exponent, false);
  const auto r = static_cast<std::int64_t>(magnitude);
  return e.negative ? -r : r;
}

template <std::floating_point C>
bool reference_inside(C x, C scale, std::int32_t zero_point, QuantizeDescriptor range) {
  const auto r = reference_round(static_cast<double>(reference_quotient(x, scale)));
  return r && *r + zero_point >= range.q_min && *r + zero_point <= range.q_max;  // |r| <= 2^62: no overflow
}

/// dx in C, before it is rounded to T.
template <std::floating_point C>
C reference_backward(C dy, C x, C scale, std::int32_t zero_point, QuantizeDescriptor range) {
  return reference_inside(x, scale, zero_point, range) ? reference_quotient(dy, scale) : C(0);
}

template <std::floating_point C>
std::int32_t reference_quantize(C x, C scale, std::int32_t zero_point, QuantizeDescriptor range) {
  const std::int64_t r = reference_round(static_cast<double>(reference_quotient(x, scale))).value_or(0);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(r + zero_point, range.q_min, range.q_max));
}

/// x' in C, before it is rounded to T.
template <std::floating_point C>
C reference_dequantize(std::int32_t q, C scale, std::int32_t zero_point) {
  const std::int64_t steps = std::int64_t{q} - zero_point;
  const auto magnitude = static_cast<std::uint64_t>(steps < 0 ? -steps : steps);
  return reference_product(round_to<C>({steps < 0, magnitude, 0}), scale);
}

// ---- the contract's options -------------------------------------------------------------------------------------------

/// RN_C(i)
template <std::floating_point C>
C reference_integer(std::int64_t i) {
  return round_to<C>({i < 0, static_cast<std::uint64_t>(i < 0 ? -i : i), 0});
}

/// RN_C(a + b)
template <std::floating_point C>
C reference_sum(C a, C b) {
  if (!std::isfinite(a) || !std::isfinite(b)) return a + b;
  if (a == 0 && b == 0) return std::signbit(a) && std::signbit(b) ? C(-0.0) : C(0);
  const bool a_is_larger = std::fabs(a) >= std::fabs(b);
  const Exact large = take_apart(static_cast<double>(a_is_larger ? a : b));
  const Exact small = take_apart(static_cast<double>(a_is_larger ? b : a));
  // 64 bits below the larger one's significand; what of the smaller one lies below those is more than 0 and less than 1
  const int unit = large.exponent - 64;
  const uint128 total = large.significand << 64;
  uint128 part = small.significand;
  bool sticky = false;
  if (small.significand != 0 && small.exponent >= unit) {
    part <<= small.exponent - unit;
  } else if (small.significand != 0) {
    const int drop = std::min(unit - small.exponent, 127);
    sticky = (part & ((uint128{1} << drop) - 1)) != 0;
    part >>= drop;
  }
  if (large.negative == small.negative) return round_to<C>({large.negative, total + part, unit, sticky});
  if (total == part && !sticky) return C(0);
  return round_to<C>({large.negative, total - part - (sticky ? 1 : 0), unit, sticky});
}

/// The code before it is clamped, by a contract's rules; nothing where t is NaN.
template <std::floating_point C>
std::optional<std::int64_t> reference_unclamped(const KokkosQuant::Contract& rules, C x, C scale, std::int32_t zero_point) {
  const bool reciprocal = rules.quotient == KokkosQuant::QuotientRule::reciprocal;
  const C t = reciprocal ? reference_product(x, reference_quotient(C(1), scale)) : reference_quotient(x, scale);
  if (rules.zero_point == KokkosQuant::ZeroPointRule::inside_rounding)
    return reference_round(static_cast<double>(reference_sum(t, reference_integer<C>(zero_point))));
  const auto r = reference_round(static_cast<double>(t));
  return r ? std::optional<std::int64_t>(*r + zero_point) : r;
}

template <std::floating_point C>
std::int32_t reference_code(const KokkosQuant::Contract& rules, C x, C scale, std::int32_t zero_point,
                            QuantizeDescriptor range) {
  using KokkosQuant::NanRule;
  const std::int64_t if_nan = rules.nan == NanRule::lowest ? range.q_min : rules.nan == NanRule::zero ? 0 : zero_point;
  const std::int64_t code = reference_unclamped(rules, x, scale, zero_point).value_or(if_nan);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(code, range.q_min, range.q_max));
}

/// Does the element pass its gradient on?
template <std::floating_point C>
bool reference_passes(const KokkosQuant::Contract& rules, C x, C scale, std::int32_t zero_point, QuantizeDescriptor range) {
  using KokkosQuant::MaskRule;
  if (rules.mask == MaskRule::pass_through) return true;
  if (rules.mask == MaskRule::on_input) {
    const auto bound = [&](std::int64_t q) { return reference_product(reference_integer<C>(q - zero_point), scale); };
    return x >= bound(range.q_min) && x <= bound(range.q_max);
  }
  const auto code = reference_unclamped(rules, x, scale, zero_point);
  if (!code) return rules.mask == MaskRule::not_outside;
  const int margin = rules.mask == MaskRule::strict ? 1 : 0;
  return *code >= std::int64_t{range.q_min} + margin && *code <= std::int64_t{range.q_max} - margin;
}

template <std::floating_point C>
C reference_masked(const KokkosQuant::Contract& rules, bool passes, C gradient) {
  if (rules.gradient == KokkosQuant::GradientRule::product) return reference_product(gradient, C(passes ? 1 : 0));
  return passes ? gradient : C(0);
}

}  // namespace KokkosQuantTest
