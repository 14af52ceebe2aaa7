// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the arguments of a plan must be at compile time. One concept a property; the ops assert them with a message that
// names the argument and says what to change.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../KokkosQuant_Types.hpp"

namespace KokkosQuant::Impl {

template <class V, int Rank>
concept view_of_rank = view<V> && rank_of<V> == Rank;

template <class V>
using element_of = typename V::non_const_value_type;

// In what T is computed, int for what is no element type, so that its message is the first.
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
concept zero_point_argument =
    std::same_as<Z, no_zero_point_t> || (view_of_rank<Z, 1> && std::same_as<element_of<Z>, std::int32_t>);

template <class Exec, class A>
inline constexpr bool reaches_argument = [] {
  if constexpr (view<A>)
    return reaches<Exec, A>;
  else
    return true;
}();

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
inline constexpr double rounded_twice_ulp = sizeof(T) > 2 ? 0.5 : std::is_same_v<storage_t<T>, half_t> ? 0.5 + 0x1p-14 : 0.5 + 0x1p-17;

}  // namespace KokkosQuant::Impl
