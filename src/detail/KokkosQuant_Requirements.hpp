// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the arguments of a plan must be at compile time. One concept a property; the ops assert them with a message that
// names the argument and says what to change.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../KokkosQuant_Types.hpp"

namespace KokkosQuant::Impl {

// (clang-format 14 knows no concepts)
// clang-format off
template <class V, int Rank>
concept view_of_rank = view<V> && rank_of<V> == Rank;

template <class V>
using element_of = typename V::non_const_value_type;

template <class V>
concept element_view = view<V> && element_type<element_of<V>>;
template <class V>
concept code_view = view<V> && code_type<element_of<V>>;
template <class V>
concept written = !std::is_const_v<typename V::value_type>;

template <class Scale, class Data>
concept scale_for = element_view<Scale> && (std::same_as<storage_t<element_of<Scale>>, storage_t<element_of<Data>>> ||
                                            std::same_as<element_of<Scale>, compute_t<element_of<Data>>>);

template <class Z>
concept zero_point_argument = std::same_as<Z, no_zero_point_t> ||
                              (view_of_rank<Z, 1> && std::same_as<element_of<Z>, std::int32_t>);
// clang-format on

template <class Exec, class A>
inline constexpr bool reaches_argument = [] {
  if constexpr (view<A>)
    return reaches<Exec, A>;
  else
    return true;
}();

// The arguments that ops between data x and codes q share; which of them is written is the op's own.
template <class Exec, class X, class Q, class Scale, class ZeroPoint>
constexpr bool accepts_data_and_codes() {
  static_assert(view_of_rank<X, 2>, "KokkosQuant: x must be a Kokkos::View of rank 2 (N x D)");
  static_assert(view_of_rank<Q, 2>, "KokkosQuant: q must be a Kokkos::View of rank 2 (N x D)");
  static_assert(element_view<X>, "KokkosQuant: x must have an element type of double, float, half_t or bfloat16_t");
  static_assert(code_view<Q>, "KokkosQuant: q must be a Kokkos::View of std::int8_t or std::uint8_t");
  static_assert(view_of_rank<Scale, 1>, "KokkosQuant: scale must be a Kokkos::View of rank 1 (N)");
  static_assert(scale_for<Scale, X>,
                "KokkosQuant: scale must have the element type of x, or float where that is a 16-bit type");
  static_assert(zero_point_argument<ZeroPoint>,
                "KokkosQuant: zero_point must be a Kokkos::View of int of rank 1 (N), or KokkosQuant::no_zero_point");
  static_assert(reaches_argument<Exec, X>, "KokkosQuant: exec cannot reach the memory space of x");
  static_assert(reaches_argument<Exec, Q>, "KokkosQuant: exec cannot reach the memory space of q");
  static_assert(reaches_argument<Exec, Scale>, "KokkosQuant: exec cannot reach the memory space of scale");
  static_assert(reaches_argument<Exec, ZeroPoint>, "KokkosQuant: exec cannot reach the memory space of zero_point");
  return true;
}

template <class T>
constexpr const char* type_name() {
  if constexpr (std::same_as<T, double>) return "double";
  if constexpr (std::same_as<T, float>) return "float";
  if constexpr (std::same_as<T, half_t>) return "half";
  if constexpr (std::same_as<T, bfloat16_t>) return "bfloat16";
  if constexpr (std::same_as<T, std::int8_t>) return "int8";
  if constexpr (std::same_as<T, std::uint8_t>) return "uint8";
  return "";
}

// Half an ulp of rounding into T, and half an ulp of C before that.
template <element_type T>
inline constexpr double rounded_twice_ulp = sizeof(T) > 2                          ? 0.5
                                            : std::is_same_v<storage_t<T>, half_t> ? 0.5 + 0x1p-14
                                                                                   : 0.5 + 0x1p-17;

}  // namespace KokkosQuant::Impl
