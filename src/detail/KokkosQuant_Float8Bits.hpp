// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The encodings of 8-bit floating-point types, from and to C, each rounded once. Integers and one rounding sum, no branches:
// the same code for an element and for a pack of them (detail/backend/KokkosQuant_HostBits.hpp), and the same bits on every
// backend. A code lies in the integer as wide as C, 0 to 255.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "KokkosQuant_Scalar.hpp"
#include "backend/KokkosQuant_DeviceFloat8.hpp"

namespace KokkosQuant::Impl {

// The bits of a number and the number of bits, for an element.
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> to_bits(C value) {
  return bits_as<integer_of<C>>(value);
}
template <std::signed_integral I>
KOKKOS_FORCEINLINE_FUNCTION auto from_bits(I bits) {
  return bits_as<std::conditional_t<sizeof(I) == 8, double, float>>(bits);
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> unless_nan(C t, integer_of<C> value, integer_of<C> if_nan) {
  return t == t ? value : if_nan;
}

template <std::signed_integral I>
KOKKOS_FORCEINLINE_FUNCTION bool is_below(I value, I limit) {
  return value < limit;
}

// of 2^exponent
template <std::floating_point C>
constexpr integer_of<C> bits_of_power(int exponent) {
  return static_cast<integer_of<C>>(std::numeric_limits<C>::max_exponent - 1 + exponent)
         << (std::numeric_limits<C>::digits - 1);
}

// A format of so many bits, as C sees it. With infinities it is IEEE's; without, the largest magnitude alone is NaN (OCP
// 8-bit floating point specification, revision 1.0, section 5).
template <int ExponentBits, int MantissaBits, bool HasInfinity, std::floating_point C>
struct Float8Format {
  using I = integer_of<C>;
  static constexpr int bias = (1 << (ExponentBits - 1)) - 1;
  static constexpr int fraction = std::numeric_limits<C>::digits - 1;  // bits of C's
  static constexpr int dropped = fraction - MantissaBits;              // bits that rounding drops
  // codes
  static constexpr I first_normal = 1 << MantissaBits;
  static constexpr I largest = HasInfinity ? 0x7f - first_normal : 0x7e;
  // bits of C
  static constexpr I infinity = bits_of_power<C>(std::numeric_limits<C>::max_exponent), to_sum = I(dropped) << fraction;
  static constexpr I to_exponent = bits_of_power<C>(-bias), lowest = bits_of_power<C>(1 - bias);
  static constexpr C smallest_normal = std::bit_cast<C>(lowest);
  // The largest number; and the one behind it, if normal numbers went on there.
  static constexpr C largest_number = std::bit_cast<C>((largest << dropped) + to_exponent);
  static constexpr C behind_largest = std::bit_cast<C>(((largest + 1) << dropped) + to_exponent);
};

// Places from a code's sign to that of C.
template <std::floating_point C>
inline constexpr int to_float8_sign = 8 * static_cast<int>(sizeof(C)) - 8;

template <class F8, std::floating_point C>
using float8_format = Float8Format<F8::exponent_bits, F8::mantissa_bits, F8::has_infinity, C>;

// What magnitudes are cut to before they are rounded. The code behind the largest number's is that of overflow: Inf, or where
// the format has none NaN.
template <class F8, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION constexpr C float8_limit(bool saturates) {
  return saturates ? float8_format<F8, C>::largest_number : float8_format<F8, C>::behind_largest;
}

// The code of a magnitude up to the limit. The sum with 2^dropped times the power of two below it, or times the smallest
// normal number, has the last place of the code: it rounds, to nearest, ties to even, and its low bits are the code's.
// (Constants are local here: nvcc does not find static ones of a class in device code, where a pack's operators take references.)
KOKKOSQUANT_FOR_PACKS_TOO
template <class F8, std::floating_point C, class V>
KOKKOS_FORCEINLINE_FUNCTION auto encode_magnitude(const V& magnitude) {
  using F = float8_format<F8, C>;
  constexpr integer_of<C> exponent_mask = F::infinity, lowest = F::lowest, to_sum = F::to_sum;
  constexpr C smallest_normal = F::smallest_normal;
  const auto exponent = to_bits(greatest(from_bits(to_bits(magnitude) & exponent_mask), smallest_normal));
  const auto power = exponent + to_sum;
  return ((exponent - lowest) >> F::dropped) + (to_bits(magnitude + from_bits(power)) - power);
}
// The same of an element, in an instruction where the processor has one.
template <class F8, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> encode_one_magnitude(C magnitude) {
#ifdef KOKKOSQUANT_NATIVE_FLOAT8
  if constexpr (std::is_same_v<C, float>) {
    using F = float8_format<F8, C>;
    constexpr C middle = (F::largest_number + F::behind_largest) / 2;  // from which on it rounds to the code behind
    constexpr bool with_tie = F::largest % 2 != 0;
    const bool overflows = with_tie ? magnitude >= middle : magnitude > middle;
    return overflows ? F::largest + 1 : native_magnitude_to_float8<F8::has_infinity>(magnitude);
  }
#endif
  return encode_magnitude<F8, C>(magnitude);
}
// |t|, and the sign of t as a code's
KOKKOSQUANT_FOR_PACKS_TOO
template <std::floating_point C, class J>
KOKKOS_FORCEINLINE_FUNCTION auto magnitude_of_bits(const J& bits) {
  constexpr integer_of<C> mask = std::numeric_limits<integer_of<C>>::max();
  return from_bits(bits & mask);
}
KOKKOSQUANT_FOR_PACKS_TOO
template <std::floating_point C, class J>
KOKKOS_FORCEINLINE_FUNCTION auto sign_of_bits(const J& bits) {
  constexpr integer_of<C> sign = 0x80;
  return (bits >> to_float8_sign<C>)&sign;
}
// RN_fp8 of two numbers whose magnitudes round to the largest number's at most or, where they saturate, any finite ones: a byte each.
template <class F8>
KOKKOS_FORCEINLINE_FUNCTION std::uint16_t encode_pair(float low, float high, [[maybe_unused]] float limit) {
#ifdef KOKKOSQUANT_NATIVE_FLOAT8
  return native_pair_to_float8<F8::has_infinity>(low, high);
#else
  const auto code = [limit](float t) {
    const std::int32_t bits = to_bits(t);
    return encode_magnitude<F8, float>(least(magnitude_of_bits<float>(bits), limit)) | sign_of_bits<float>(bits);
  };
  return static_cast<std::uint16_t>(code(low) | code(high) << 8);
#endif
}
// RN_fp8(t). NaN is one code, whatever its sign and payload, as processors disagree on those.
KOKKOSQUANT_FOR_PACKS_TOO
template <class F8, std::floating_point C, class V>
KOKKOS_FORCEINLINE_FUNCTION auto encode_float8(const V& t, C limit) {
  const auto bits = to_bits(t);
  const auto code = encode_magnitude<F8, C>(least(magnitude_of_bits<C>(bits), limit));
  return unless_nan(t, code | sign_of_bits<C>(bits), integer_of<C>(0x7f));
}

// The number of a code, exact. With its exponent moved, a normal one is there; a subnormal one, f, stands as 2^-bias * (1 + f) for
// 2^-bias * 2f.
KOKKOSQUANT_FOR_PACKS_TOO
template <class F8, std::floating_point C, class J>
KOKKOS_FORCEINLINE_FUNCTION auto decode_float8(const J& code) {
  using F = float8_format<F8, C>;
  constexpr integer_of<C> magnitude_mask = integer_of<C>(0x7f) << F::dropped, sign_mask = 0x80, infinity = F::infinity;
  constexpr integer_of<C> first_normal = F::first_normal << F::dropped, behind = (F::largest + 1) << F::dropped;
  constexpr integer_of<C> to_exponent = F::to_exponent;
  constexpr C smallest_normal = F::smallest_normal;
  const auto magnitude = (code << F::dropped) & magnitude_mask;
  const auto moved = from_bits(magnitude + to_exponent);
  const auto finite = choose(is_below(magnitude, first_normal), (moved + moved) - smallest_normal, moved);
  const auto number = choose(is_below(magnitude, behind), finite, from_bits(magnitude | infinity));
  return from_bits(to_bits(number) | ((code & sign_mask) << to_float8_sign<C>));
}

}  // namespace KokkosQuant::Impl
