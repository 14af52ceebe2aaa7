// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operations that element functions are written in, for one element. detail/backend has the same for host packs, so
// that one element function serves both.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "../KokkosQuant_PackedTypes.hpp"
#include "backend/KokkosQuant_Arithmetic.hpp"

// Stands before a host-device template that host code also instantiates with packs, whose operations are the host's alone:
// nvcc would warn of that.
#ifdef __CUDACC__
#define KOKKOSQUANT_FOR_PACKS_TOO _Pragma("nv_exec_check_disable")
#else
#define KOKKOSQUANT_FOR_PACKS_TOO
#endif

namespace KokkosQuant::Impl {

template <class C>
concept compute_type = std::same_as<C, float> || std::same_as<C, double>;

// The integer as wide as C: what codes are computed in.
template <std::floating_point C>
using integer_of = std::conditional_t<sizeof(C) == 8, std::int64_t, std::int32_t>;
// What a lane of V holds, a number or a table or pack of them.
template <class V>
struct lane_type {
  using type = V;
};
template <class V>
requires requires { typename V::value_type; }
struct lane_type<V> {
  using type = typename V::value_type;
};
template <class V>
using lane_of = typename lane_type<V>::type;

// What a stored T is in a kernel that computes in C: floating-point data in C itself, codes and flags in the integer as wide.
template <class T, std::floating_point C>
using lane_t = std::conditional_t<std::is_integral_v<T> || packed_type<T>, integer_of<C>, C>;
template <std::floating_point C, class T>
KOKKOS_FORCEINLINE_FUNCTION lane_t<T, C> widen(const T& stored) {
  return static_cast<lane_t<T, C>>(stored);
}
template <class T, class L>
KOKKOS_FORCEINLINE_FUNCTION T narrow(const L& lane) {
  return static_cast<T>(lane);
}

// 1.5 * 2^(digits - 1): adding it leaves an integer, rounded to nearest even, in the low bits of the sum. Holds for
// magnitudes up to 2^(digits - 2).
template <std::floating_point C>
inline constexpr C round_shift = sizeof(C) == 8 ? C(0x1.8p52) : C(0x1.8p23);
template <std::floating_point C>
inline constexpr integer_of<C> round_shift_bits = __builtin_bit_cast(integer_of<C>, round_shift<C>);

// false for NaN
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION bool within(C t, C t_min, C t_max) {
  return t >= t_min && t <= t_max;
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION bool within_or_nan(C t, C t_min, C t_max) {
  return !(t < t_min || t > t_max);
}
// a select, never a product: nothing leaks out of what is dropped
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C keep_if(bool kept, C value) {
  return kept ? value : C(0);
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C nan_to_zero(C t) {
  return t == t ? t : C(0);
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION bool is_number(C t) {
  return t == t;
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C choose(bool which, C a, C b) {
  return which ? a : b;
}
KOKKOS_FORCEINLINE_FUNCTION bool but_not(bool mask, bool other) { return mask && !other; }
// as it comes back from an array of T
template <class T, std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C as_stored(C value) {
  return widen<C>(narrow<T>(value));
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C nan_to(C t, C other) {
  return t == t ? t : other;
}
// (nvcc takes their calls in device code for ones of host functions)
template <std::floating_point C>
inline constexpr C largest_finite = std::numeric_limits<C>::max();
template <std::floating_point C>
inline constexpr C infinity = std::numeric_limits<C>::infinity();
template <std::floating_point C>
inline constexpr C nan_of = std::numeric_limits<C>::quiet_NaN();
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C finite_or_zero(C t) {
  const C magnitude = t < C(0) ? -t : t;
  return magnitude <= largest_finite<C> ? t : C(0);
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION bool everywhere(C) {
  return true;
}
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C ones_like(C) {
  return C(1);
}
KOKKOS_FORCEINLINE_FUNCTION constexpr bool is_subnormal(float x) {
  const std::uint32_t magnitude = __builtin_bit_cast(std::uint32_t, x) & 0x7fffffffu;
  return magnitude - 1 < 0x007fffffu;
}
// What results of an element function may be, for their way into 16 bits: any numbers; none that is subnormal; elements as they are.
enum class Outcome { any, not_subnormal, element };
// a flag as the element of a mask, and back
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> to_flag(bool kept, C) {
  return kept ? 1 : 0;
}
template <std::signed_integral I>
KOKKOS_FORCEINLINE_FUNCTION bool is_set(I flag) {
  return flag != 0;
}
// lo < q < hi
template <std::signed_integral I>
KOKKOS_FORCEINLINE_FUNCTION bool is_between(I q, I lo, I hi) {
  return q > lo && q < hi;
}
// t is not NaN
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C clamp(C t, C lo, C hi) {
  return least(greatest(t, lo), hi);
}
// |t| <= 2^(digits - 2): nearest integer, ties to even
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> round_small(C t) {
  return bits_as<integer_of<C>>(t + round_shift<C>) - round_shift_bits<C>;
}
// the same in C
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION C rounded_small(C t) {
  return (t + round_shift<C>)-round_shift<C>;
}
// the same and i, given as i - round_shift_bits
template <std::floating_point C>
KOKKOS_FORCEINLINE_FUNCTION integer_of<C> round_small_and_add(C t, integer_of<C> shifted) {
  return bits_as<integer_of<C>>(t + round_shift<C>) + shifted;
}
// |i| <= 2^(digits - 2): exact, in the floating-point type as wide
template <std::signed_integral I>
KOKKOS_FORCEINLINE_FUNCTION auto from_small_integer(I i) {
  using C = std::conditional_t<sizeof(I) == 8, double, float>;
  return bits_as<C>(i + round_shift_bits<C>) - round_shift<C>;
}

}  // namespace KokkosQuant::Impl
