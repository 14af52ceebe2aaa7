// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Is everything inside the range? Asked of a whole block at once, by the bits of its floats: then nothing of it is NaN, nothing is
// clamped, and every flag of its mask is 1.
#pragma once

#include <cstdint>
#include <limits>

#include "KokkosQuant_Affine.hpp"

namespace KokkosQuant::Impl {

// Signed, the bits of a float are in the order of those that are positive, and below them if it is negative. Unsigned, they are in
// the order of |x| for those that are negative, and below them if it is positive. NaN are beyond either. So x is inside for certain if
// its bits are at most `positive`, signed, and at most `negative`, unsigned.
template <class I>
struct InsideBits {
  I positive, negative;
};
// of no x
inline constexpr InsideBits<std::int32_t> nothing_inside{std::numeric_limits<std::int32_t>::min(), 0};

KOKKOS_FORCEINLINE_FUNCTION std::int32_t least_unsigned(std::int32_t a, std::int32_t b) {
  return static_cast<std::uint32_t>(a) < static_cast<std::uint32_t>(b) ? a : b;
}
// of two cells together
KOKKOS_FORCEINLINE_FUNCTION InsideBits<std::int32_t> inside_both(const InsideBits<std::int32_t>& a,
                                                                 const InsideBits<std::int32_t>& b) {
  return {a.positive < b.positive ? a.positive : b.positive, least_unsigned(a.negative, b.negative)};
}

// Up to (q_max - zp + 7/16) * s, rounded once, RN(x / s) is less than q_max - zp + 1/2: the sum is exact up to 2^18, two roundings
// move the quotient by 2^-23 of it, or by 2^-24 where the product is subnormal and s is normal; a subnormal s would move it by more. As
// for q_min. A product that overflows lets every finite x pass, and rightly so.
KOKKOS_FORCEINLINE_FUNCTION InsideBits<std::int32_t> inside_bits(float scale, std::int32_t zero_point,
                                                                 const QuantizeDescriptor& d) {
  constexpr std::int32_t largest_finite = 0x7f7fffff;
  constexpr std::int32_t sign = std::numeric_limits<std::int32_t>::min();
  const auto moderate = [](std::int32_t i) { return one_if(static_cast<std::uint32_t>(i) + (1u << 17) <= 1u << 18); };
  const auto finite = [&](std::int32_t bits) { return bits < largest_finite ? bits : largest_finite; };
  const auto zp = static_cast<float>(zero_point);
  const float hi = static_cast<float>(d.q_max) - zp, lo = zp - static_cast<float>(d.q_min);
  // a normal positive scale or Inf, and 0 inside (by integers, and in one comparison: gcc 12 makes vectors of it)
  const std::int32_t any_inside = one_if(bits_as<std::uint32_t>(scale) - 0x00800000u <= 0x7f000000u) &
                                  one_if(zero_point <= d.q_max) & one_if(zero_point >= d.q_min) & moderate(zero_point) &
                                  moderate(d.q_min) & moderate(d.q_max);
  const std::int32_t all_if_any = -any_inside;
  const auto product = [&](float steps) { return finite(bits_as<std::int32_t>(multiply(steps + 0.4375f, scale))); };
  return {(product(hi) & all_if_any) | (sign & ~all_if_any), (product(lo) | sign) & all_if_any};
}

}  // namespace KokkosQuant::Impl
