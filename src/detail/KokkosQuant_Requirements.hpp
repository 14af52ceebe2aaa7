// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the arguments of a plan must be at compile time. One concept a property; the ops assert them with a message that
// names the argument and says what to change.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../KokkosQuant_Float8.hpp"
#include "../KokkosQuant_Granularity.hpp"
#include "../KokkosQuant_Types.hpp"

namespace KokkosQuant::Impl {

// (clang-format 14 knows no concepts)
// clang-format off
template <class V, int Rank>
concept view_from_rank = view<V> && rank_of<V> >= Rank;

template <class V>
using element_of = typename V::non_const_value_type;

template <class V>
concept element_view = view<V> && element_type<element_of<V>>;
template <class V>
concept code_view = view<V> && code_type<element_of<V>>;
template <class V>
concept float8_view = view<V> && float8_type<element_of<V>>;
template <class A, class B>
concept same_stored_type = element_view<A> && element_view<B> && std::same_as<storage_t<element_of<A>>, storage_t<element_of<B>>>;
template <class V>
concept written = !std::is_const_v<typename V::value_type>;

template <class Scale, class Data>
concept scale_for = element_view<Scale> && (std::same_as<storage_t<element_of<Scale>>, storage_t<element_of<Data>>> ||
                                            std::same_as<element_of<Scale>, compute_t<element_of<Data>>>);

// One value a cell of a granularity.
template <class V, class Granularity>
concept view_of_cells = view<V> && (is_tiled<Granularity> ? rank_of<V> >= 2
                                    : std::same_as<Granularity, PerTensor> ? rank_of<V> <= 1 : std::same_as<Granularity, PerToken> ? rank_of<V> >= 1 : rank_of<V> == 1);
template <class Z, class Granularity>
concept zero_point_argument = std::same_as<Z, no_zero_point_t> ||
                              (view_of_cells<Z, Granularity> && std::same_as<element_of<Z>, std::int32_t>);
// clang-format on

template <class Args>
inline constexpr bool is_symmetric = std::is_same_v<decltype(Args::zero_point), no_zero_point_t>;

template <class Exec, class A>
inline constexpr bool reaches_argument = [] {
  if constexpr (view<A>)
    return reaches<Exec, A>;
  else
    return true;
}();

// The static_asserts of an op, a line an argument: they name it.
#define KOKKOSQUANT_REQUIRE_DATA(Exec, Args, x)                                                          \
  static_assert(::KokkosQuant::Impl::view_from_rank<decltype(Args::x), 2>,                               \
                "KokkosQuant: " #x " must be a Kokkos::View of rank 2 (N x D), or more");                \
  static_assert(::KokkosQuant::Impl::element_view<decltype(Args::x)>,                                    \
                "KokkosQuant: " #x " must have an element type of double, float, half_t or bfloat16_t"); \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, x)
#define KOKKOSQUANT_REQUIRE_CODES(Exec, Args, q)                                                      \
  static_assert(::KokkosQuant::Impl::view_from_rank<decltype(Args::q), 2>,                            \
                "KokkosQuant: " #q " must be a Kokkos::View of rank 2 (N x D, or packed), or more");  \
  static_assert(::KokkosQuant::Impl::code_view<decltype(Args::q)>,                                    \
                "KokkosQuant: " #q                                                                    \
                " must be a Kokkos::View of std::int8_t, uint8_t, int16_t, uint16_t, int32_t, or of " \
                "KokkosQuant::int4x2_t, uint4x2_t, int2x4_t, uint2x4_t");                             \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, q)
// of the ops with float8 codes too
#define KOKKOSQUANT_NO_ZERO_POINT_MESSAGE \
  "KokkosQuant: float8 codes have no zero point: zero_point must be KokkosQuant::no_zero_point"
#define KOKKOSQUANT_REQUIRE_NO_ZERO_POINT(Args) \
  static_assert(::KokkosQuant::Impl::is_symmetric<Args>, KOKKOSQUANT_NO_ZERO_POINT_MESSAGE)
#define KOKKOSQUANT_REQUIRE_ANY_CODES(Exec, Args, q)                                                                      \
  static_assert(::KokkosQuant::Impl::view_from_rank<decltype(Args::q), 2>,                                                \
                "KokkosQuant: " #q " must be a Kokkos::View of rank 2 (N x D, or packed), or more");                      \
  static_assert(::KokkosQuant::Impl::code_view<decltype(Args::q)> || ::KokkosQuant::Impl::float8_view<decltype(Args::q)>, \
                "KokkosQuant: " #q                                                                                        \
                " must be a Kokkos::View of std::int8_t, uint8_t, int16_t, uint16_t, int32_t, or of "                     \
                "KokkosQuant::int4x2_t, uint4x2_t, int2x4_t, uint2x4_t, float8_e4m3_t, float8_e5m2_t");                   \
  static_assert(!::KokkosQuant::Impl::float8_view<decltype(Args::q)> || ::KokkosQuant::Impl::is_symmetric<Args>,          \
                KOKKOSQUANT_NO_ZERO_POINT_MESSAGE);                                                                       \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, q)
#define KOKKOSQUANT_REQUIRE_DESCRIPTOR_OF_CODES(Descriptor, Args, q)                                                     \
  static_assert(                                                                                                         \
      !::KokkosQuant::Impl::float8_view<decltype(Args::q)> || std::same_as<Descriptor, ::KokkosQuant::Float8Descriptor>, \
      "KokkosQuant: " #q                                                                                                 \
      " has float8 codes, which have no integer range: the descriptor must be a "                                        \
      "KokkosQuant::Float8Descriptor");                                                                                  \
  static_assert(                                                                                                         \
      ::KokkosQuant::Impl::float8_view<decltype(Args::q)> || !std::same_as<Descriptor, ::KokkosQuant::Float8Descriptor>, \
      "KokkosQuant: " #q                                                                                                 \
      " has integer codes: the descriptor must be a KokkosQuant::QuantizeDescriptor{q_min, q_max}; "                     \
      "Float8Descriptor is for float8_e4m3_t and float8_e5m2_t")
#define KOKKOSQUANT_REQUIRE_MASK(Exec, Args, mask)                                                                           \
  static_assert(::KokkosQuant::Impl::view_from_rank<decltype(Args::mask), 2> &&                                              \
                    std::is_same_v<::KokkosQuant::Impl::element_of<decltype(Args::mask)>, ::KokkosQuant::mask8_t>,           \
                "KokkosQuant: " #mask " must be a Kokkos::View of KokkosQuant::mask8_t of rank 2 (N x ceil(D/8)), or more"); \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, mask)
#define KOKKOSQUANT_REQUIRE_SCALE(Exec, Args, Granularity, x)                                                              \
  static_assert(::KokkosQuant::Impl::view_of_cells<decltype(Args::scale), Granularity>,                                    \
                "KokkosQuant: scale must be a Kokkos::View of rank 0 or 1 (per tensor), 1 (per token: N, per channel: D) " \
                "or 2 (per group: N x groups, per block: blocks x blocks)");                                               \
  static_assert(::KokkosQuant::Impl::scale_for<decltype(Args::scale), decltype(Args::x)>,                                  \
                "KokkosQuant: scale must have the element type of " #x ", or float where that is a 16-bit type");          \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, scale)
#define KOKKOSQUANT_REQUIRE_ZERO_POINT(Exec, Args, Granularity)                                     \
  static_assert(::KokkosQuant::Impl::zero_point_argument<decltype(Args::zero_point), Granularity>,  \
                "KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or " \
                "KokkosQuant::no_zero_point");                                                      \
  KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, zero_point)
#define KOKKOSQUANT_REQUIRE_SAME_TYPE(Args, a, b)                                            \
  static_assert(::KokkosQuant::Impl::same_stored_type<decltype(Args::a), decltype(Args::b)>, \
                "KokkosQuant: " #a " must have the element type of " #b)
#define KOKKOSQUANT_REQUIRE_WRITTEN(Args, y)                     \
  static_assert(::KokkosQuant::Impl::written<decltype(Args::y)>, \
                "KokkosQuant: " #y " is written: its View must not be of const")
#define KOKKOSQUANT_REQUIRE_REACHABLE(Exec, Args, x)                            \
  static_assert(::KokkosQuant::Impl::reaches_argument<Exec, decltype(Args::x)>, \
                "KokkosQuant: exec cannot reach the memory space of " #x)

template <class T>
constexpr const char* type_name() {
  if constexpr (std::same_as<T, double>) return "double";
  if constexpr (std::same_as<T, float>) return "float";
  if constexpr (std::same_as<T, half_t>) return "half";
  if constexpr (std::same_as<T, bfloat16_t>) return "bfloat16";
  if constexpr (std::same_as<T, std::int8_t>) return "int8";
  if constexpr (std::same_as<T, std::uint8_t>) return "uint8";
  if constexpr (std::same_as<T, std::int16_t>) return "int16";
  if constexpr (std::same_as<T, std::uint16_t>) return "uint16";
  if constexpr (std::same_as<T, std::int32_t>) return "int32";
  if constexpr (std::same_as<T, int4x2_t>) return "int4";
  if constexpr (std::same_as<T, uint4x2_t>) return "uint4";
  if constexpr (std::same_as<T, int2x4_t>) return "int2";
  if constexpr (std::same_as<T, uint2x4_t>) return "uint2";
  if constexpr (std::same_as<T, mask8_t>) return "mask";
  if constexpr (std::same_as<T, float8_e4m3_t>) return "float8_e4m3";
  if constexpr (std::same_as<T, float8_e5m2_t>) return "float8_e5m2";
  return "";
}

// Half an ulp of rounding into T, and half an ulp of C before that.
template <element_type T>
inline constexpr double rounded_twice_ulp = sizeof(T) > 2                          ? 0.5
                                            : std::is_same_v<storage_t<T>, half_t> ? 0.5 + 0x1p-14
                                                                                   : 0.5 + 0x1p-17;

}  // namespace KokkosQuant::Impl
