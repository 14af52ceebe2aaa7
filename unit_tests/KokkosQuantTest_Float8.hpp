// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The 8-bit floating-point formats by golden tables of another implementation (golden/make_float8.py), and a rounding
/// that knows nothing but the numbers of the codes.
#pragma once

#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "KokkosQuantTest_Reference.hpp"

namespace KokkosQuantTest {

using KokkosQuant::float8_e4m3_t;
using KokkosQuant::float8_e5m2_t;
using KokkosQuant::Overflow;

/// What a code is: its byte, or NaN, whose one byte is 0x7f.
inline constexpr int nan_code = 256;

template <class F8>
class Float8Table {
 public:
  static constexpr bool is_e4m3 = std::is_same_v<F8, float8_e4m3_t>;
  static constexpr int largest_code = is_e4m3 ? 0x7e : 0x7b;

  static const Float8Table& get() {
    static const Float8Table table;
    return table;
  }
  /// the number of a code
  float value(int code) const { return values_.at(static_cast<std::size_t>(code)); }

  struct Run {
    std::uint32_t first;  ///< an encoding of f16, bf16 or f32
    int code;
  };
  const std::vector<Run>& runs(const std::string& type) const { return runs_.at(type); }
  /// the code of an encoding of a type, as the table has it: overflow is non-finite
  int code(const std::string& type, std::uint32_t encoding) const {
    const auto& all = runs(type);
    const auto behind =
        std::upper_bound(all.begin(), all.end(), encoding, [](std::uint32_t e, const Run& r) { return e < r.first; });
    return std::prev(behind)->code;
  }

  /// The nearest of the codes' numbers, of two the one with an even code; by comparisons of exact doubles alone.
  int round(double t) const {
    if (std::isnan(t)) return nan_code;
    const int sign = std::signbit(t) ? 0x80 : 0;
    const double magnitude = std::fabs(t);
    int code = 0;
    while (code <= largest_code && magnitude > middle(code)) ++code;
    if (code <= largest_code && magnitude == middle(code) && code % 2 == 1) ++code;
    return sign | code;  // behind the largest code: overflow
  }
  /// the number in the middle of a code and the next
  double middle(int code) const {
    const double here = value(code);
    const double next = code < largest_code ? value(code + 1) : 2 * here - value(code - 1);
    return (here + next) / 2;
  }

 private:
  Float8Table() {
    const std::string name = std::string("/float8_") + (is_e4m3 ? "e4m3" : "e5m2") + ".txt";
    std::ifstream file(KOKKOSQUANT_GOLDEN_DIRECTORY + name);
    if (!file) throw std::runtime_error("no golden file " + name);
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::string type, first, second;
      std::istringstream(line) >> type >> first >> second;
      const auto hex = [](const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text, nullptr, 16)); };
      if (type == "value")
        values_.push_back(second == "nan" ? std::nanf("") : std::bit_cast<float>(hex(second)));
      else
        runs_[type].push_back({hex(first), second == "nan" ? nan_code : static_cast<int>(hex(second))});
    }
    if (values_.size() != 256 || runs_.size() != 3) throw std::runtime_error("incomplete golden file " + name);
  }

  std::vector<float> values_;
  std::map<std::string, std::vector<Run>> runs_;
};

/// The byte that the library gives where a table that does not saturate has this code.
template <class F8>
std::uint8_t expected_byte(int code, Overflow overflow) {
  if (code == nan_code) return 0x7f;
  const int magnitude = code & 0x7f, largest = Float8Table<F8>::largest_code;
  const int kept = overflow == Overflow::saturate && magnitude > largest ? largest : magnitude;
  return static_cast<std::uint8_t>((code & 0x80) | kept);
}

}  // namespace KokkosQuantTest
