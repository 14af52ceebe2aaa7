// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of many terms in an order that depends on their number alone: the same bits from any number of threads, any vector
// width and any device.
//
// A sequence of terms is cut into segments of 256. In a segment term i goes to lane i % 16; a lane adds its terms one after the
// other, from +0; the lanes are summed by halves: lane j takes lane j + 8, then j + 4, j + 2, j + 1. The segments' sums are a
// sequence again, summed by the same rule, until one is left. Of several lines (a tensor's rows) each is summed by itself
// first. A term that is missing counts as +0 and changes no bit, as no sum that starts from +0 is ever -0.
//
// Terms of float are summed in double. Terms of double are summed as pairs: the sum, and the sum of what its additions rounded
// away, each of those found exactly (Knuth's 2Sum; Ogita, Rump, Oishi: "Accurate sum and dot product", 2005). Before the last
// rounding the error is at most n * u * (sum of the terms' magnitudes), n terms, u = 2^-53 for float and 2^-104 for double: a
// term goes through at most 19 additions a level, and a pair's error is twice the square of that in units of 2^-106. Infinities
// and NaN go as in a sum of doubles in that order.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "KokkosQuant_Scalar.hpp"

namespace KokkosQuant::Impl {

inline constexpr int sum_lanes = 16, sum_segment = 256;
constexpr std::int64_t segments_of(std::int64_t terms) { return (terms + sum_segment - 1) / sum_segment; }

// V is double, or a host pack of doubles: a sum a lane.
template <class V>
struct PlainSum {
  V sum;
};
template <class V>
struct CompensatedSum {
  V sum, error;
};
// The sum of terms of C.
template <compute_type C, class V = double>
using sum_of = std::conditional_t<sizeof(C) == 4, PlainSum<V>, CompensatedSum<V>>;

// s takes a term, which may be a product, or another sum.
KOKKOSQUANT_FOR_PACKS_TOO
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void accumulate(PlainSum<V>& s, const V& term) {
  s.sum = s.sum + uncontracted(term);
}
KOKKOSQUANT_FOR_PACKS_TOO
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void accumulate(PlainSum<V>& s, const PlainSum<V>& other) {
  s.sum = s.sum + other.sum;
}
// a becomes RN(a + b); what that rounded away is returned
KOKKOSQUANT_FOR_PACKS_TOO
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V add_exactly(V& a, const V& b) {
  const V sum = a + b, b_part = sum - a, a_part = sum - b_part;
  const V rounded_away = (a - a_part) + (b - b_part);
  a = sum;
  return rounded_away;
}
KOKKOSQUANT_FOR_PACKS_TOO
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void accumulate(CompensatedSum<V>& s, const V& term) {
  const V number = uncontracted(term);
  s.error = s.error + add_exactly(s.sum, number);
}
KOKKOSQUANT_FOR_PACKS_TOO
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void accumulate(CompensatedSum<V>& s, const CompensatedSum<V>& other) {
  const V rounded_away = add_exactly(s.sum, other.sum);
  s.error = (s.error + other.error) + rounded_away;
}

// factor * sum, rounded once to double
KOKKOS_FORCEINLINE_FUNCTION double total(const PlainSum<double>& s, double factor) { return multiply(factor, s.sum); }
// The same, a few 2^-104 of itself off before it is rounded. Where a part overflows or is NaN: as if there were no pairs.
KOKKOS_FORCEINLINE_FUNCTION double total(const CompensatedSum<double>& s, double factor) {
  const double product = multiply(factor, s.sum);
  const double rest = add(multiply(factor, s.error), fused_multiply_add(factor, s.sum, -product));
  return rest - rest == 0 && rest != 0 ? product + rest : product;  // (a product of -0 stays one)
}
template <class T>
KOKKOS_FORCEINLINE_FUNCTION T rounded_to(double value) {
  if constexpr (std::same_as<T, float>)
    return to_float(value);
  else
    return static_cast<T>(value);
}

// The sum of Width lanes, by halves.
template <int Width = sum_lanes, class Sum>
KOKKOS_FORCEINLINE_FUNCTION Sum sum_by_halves(Sum* lane) {
  if constexpr (Width == 1) {
    return lane[0];
  } else {
    KOKKOSQUANT_UNROLL
    for (int j = 0; j < Width / 2; ++j) accumulate(lane[j], lane[j + Width / 2]);
    return sum_by_halves<Width / 2>(lane);
  }
}
// The sum of a segment of n terms, at most 256, by one thread: term(i) is a double or a Sum.
template <class Sum, class Term>
KOKKOS_FORCEINLINE_FUNCTION Sum segment_sum(int n, const Term& term) {
  Sum lane[sum_lanes] = {};
  for (int i = 0; i < n; i += sum_lanes) {
    KOKKOSQUANT_UNROLL
    for (int j = 0; j < sum_lanes; ++j)
      if (i + j < n) accumulate(lane[j], term(i + j));
  }
  return sum_by_halves(lane);
}

// The sum of segments' sums by one thread, which has them one after the other.
template <class Sum>
class SumOfSegments {
 public:
  KOKKOS_INLINE_FUNCTION void add(const Sum& segment) {
    Sum next = segment;
    std::int64_t i = count_++;
    for (int level = 0;; ++level, i /= sum_segment) {
      put(level, i, next);
      if (i % sum_segment != sum_segment - 1) return;
      next = sum_by_halves(lane_[level]);
    }
  }
  // Of all so far. Nothing can be added after it.
  KOKKOS_INLINE_FUNCTION Sum sum() {
    std::int64_t put_by_add = count_, n = count_;  // of this level
    if (n == 0) return {};
    int level = 0;
    for (; n > 1; ++level) {
      const std::int64_t carried = put_by_add / sum_segment;
      const bool some_left = n > carried * sum_segment;
      if (some_left) put(level + 1, carried, sum_by_halves(lane_[level]));
      put_by_add = carried;
      n = carried + (some_left ? 1 : 0);
    }
    return lane_[level][0];
  }

 private:
  static constexpr int levels = 7;  // 2^56 segments
  KOKKOS_INLINE_FUNCTION void put(int level, std::int64_t i, const Sum& s) {
    Sum(&lane)[sum_lanes] = lane_[level];
    if (i % sum_segment == 0)
      for (Sum& l : lane) l = {};
    accumulate(lane[i % sum_lanes], s);
  }
  Sum lane_[levels][sum_lanes];
  std::int64_t count_ = 0;
};

}  // namespace KokkosQuant::Impl
