// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Sums without rounding, in integers; and the library's order of summation written a second time, as the definition
/// reads.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace KokkosQuantTest {

/// A sum of finite doubles as one fixed-point number of 2^-1074, exact for up to 2^30 terms.
class ExactSum {
 public:
  void add(double term) {
    const auto bits = std::bit_cast<std::uint64_t>(term);
    const auto exponent = static_cast<std::size_t>((bits >> 52) & 0x7ff);
    const std::uint64_t fraction = bits & 0xfffffffffffffu;
    const std::uint64_t significand = exponent == 0 ? fraction : fraction | (std::uint64_t{1} << 52);
    const std::size_t place = exponent == 0 ? 0 : exponent - 1;  // the significand's last bit
    const bool negative = (bits >> 63) != 0;
    // 32 bits at a time, each word with room for carries
    const std::size_t shift = place % 32;
    const std::uint64_t low = (significand & 0xffffffffu) << shift, high = (significand >> 32) << shift;
    const std::array<std::uint64_t, 3> parts = {low & 0xffffffffu, (low >> 32) + (high & 0xffffffffu), high >> 32};
    for (std::size_t k = 0; k < 3; ++k) {
      const auto part = static_cast<std::int64_t>(parts[k]);
      word_[place / 32 + k] += negative ? -part : part;
    }
  }
  /// About its value: the error is a few 2^-53 of it.
  double value() const {
    ExactSum carried = *this;
    carried.carry();
    const bool negative = carried.word_.back() < 0;
    if (negative) {
      for (std::int64_t& w : carried.word_) w = -w;
      carried.carry();
    }
    double value = 0;
    for (std::size_t k = carried.word_.size(); k-- > 0;)  // (most are 0, and ldexp takes long)
      if (carried.word_[k] != 0) value += std::ldexp(static_cast<double>(carried.word_[k]), static_cast<int>(32 * k) - 1074);
    return negative ? -value : value;
  }
  /// |sum - other|, about.
  double distance(double other) const {
    ExactSum difference = *this;
    difference.add(-other);
    return std::fabs(difference.value());
  }

 private:
  void carry() {  // all words but the last are 0 to 2^32 - 1
    for (std::size_t k = 0; k + 1 < word_.size(); ++k) {
      const std::int64_t up = word_[k] >> 32;
      word_[k] -= up * (std::int64_t{1} << 32);
      word_[k + 1] += up;
    }
  }
  std::array<std::int64_t, 70> word_{};
};

// ---- the order --------------------------------------------------------------------------------------------------------

/// A sum of terms of float: a double.
struct ReferencePlain {
  volatile double sum = 0;
  ReferencePlain(double value = 0) : sum(value) {}
  ReferencePlain(const ReferencePlain& other) : sum(other.sum) {}
  ReferencePlain& operator=(const ReferencePlain& other) {
    sum = other.sum;
    return *this;
  }
  ReferencePlain plus(const ReferencePlain& other) const { return {sum + other.sum}; }
  double value() const { return sum; }
};
/// Of double: the error of an addition is found in integers, where it is a double as well.
struct ReferencePair {
  double sum = 0, error = 0;
  ReferencePair(double value = 0, double e = 0) : sum(value), error(e) {}
  ReferencePair plus(const ReferencePair& other) const {
    const volatile double s = sum + other.sum, errors = error + other.error;
    double away = 0;
    if (std::isfinite(s)) {
      ExactSum exact;
      exact.add(sum), exact.add(other.sum), exact.add(-s);
      away = exact.value();
    }
    const volatile double e = errors + away;
    return {s, e};
  }
  double value() const { return std::isfinite(sum) ? sum + error : sum; }
};

/// Lane after lane, level after level.
template <class Sum>
Sum sum_in_order(std::vector<Sum> sequence) {
  do {
    std::vector<Sum> sums;
    for (std::size_t first = 0; first < sequence.size(); first += 256) {
      std::array<Sum, 16> lane{};
      for (std::size_t i = first; i < first + 256 && i < sequence.size(); ++i) lane[i % 16] = lane[i % 16].plus(sequence[i]);
      std::vector<Sum> rest(lane.begin(), lane.end());
      while (rest.size() > 1) {
        std::vector<Sum> half;
        for (std::size_t j = 0; j < rest.size() / 2; ++j) half.push_back(rest[j].plus(rest[j + rest.size() / 2]));
        rest = half;
      }
      sums.push_back(rest[0]);
    }
    sequence = sums;
  } while (sequence.size() > 1);
  return sequence.empty() ? Sum{} : sequence[0];
}

}  // namespace KokkosQuantTest
