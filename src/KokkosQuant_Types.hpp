// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Element types: what an array holds (storage) and what it is computed in.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "KokkosQuant_PackedTypes.hpp"
#include "detail/KokkosQuant_Float16.hpp"
#include "detail/KokkosQuant_KokkosCompat.hpp"

namespace KokkosQuant {

/// \brief IEEE 754 binary16 as storage: two bytes on every backend, bit-compatible with __half, _Float16 and Eigen::half.
///
/// Kokkos' own half_t is plain float in host builds, so arrays that must hold 16 bits everywhere use this one. It has no
/// arithmetic: convert to float, compute, convert back. Conversions round once, to nearest, ties to even; NaN stays NaN.
struct half_t {
  std::uint16_t bits;  ///< the IEEE encoding

  half_t() = default;
  /// Rounds once, to nearest, ties to even
  template <std::floating_point F>
  KOKKOS_FUNCTION explicit half_t(F value) : bits(Impl::to_half_bits(value)) {}
  /// Exact
  KOKKOS_FUNCTION explicit operator float() const { return Impl::half_bits_to_float(bits); }
  /// Exact
  KOKKOS_FUNCTION explicit operator double() const { return Impl::half_bits_to_float(bits); }
  /// The number with this encoding
  KOKKOS_FUNCTION static half_t from_bits(std::uint16_t encoding) {
    half_t h;
    h.bits = encoding;
    return h;
  }
};

/// \brief bfloat16 (the upper half of an IEEE binary32) as storage: two bytes on every backend, bit-compatible with
/// __nv_bfloat16 and Eigen::bfloat16. No arithmetic; conversions as for half_t.
struct bfloat16_t {
  std::uint16_t bits;  ///< the upper 16 bits of the float's encoding

  bfloat16_t() = default;
  /// Rounds once, to nearest, ties to even
  template <std::floating_point F>
  KOKKOS_FUNCTION explicit bfloat16_t(F value) : bits(Impl::to_bfloat16_bits(value)) {}
  /// Exact
  KOKKOS_FUNCTION explicit operator float() const { return Impl::bfloat16_bits_to_float(bits); }
  /// Exact
  KOKKOS_FUNCTION explicit operator double() const { return Impl::bfloat16_bits_to_float(bits); }
  /// The number with this encoding
  KOKKOS_FUNCTION static bfloat16_t from_bits(std::uint16_t encoding) {
    bfloat16_t b;
    b.bits = encoding;
    return b;
  }
};

static_assert(sizeof(half_t) == 2 && std::is_trivial_v<half_t> && std::is_standard_layout_v<half_t>);
static_assert(sizeof(bfloat16_t) == 2 && std::is_trivial_v<bfloat16_t> && std::is_standard_layout_v<bfloat16_t>);

/// \brief The type of no_zero_point, for declarations.
struct no_zero_point_t {};
/// \brief Stands where an Args aggregate has a zero_point View: symmetric quantization, every zero point is 0, none is read.
inline constexpr no_zero_point_t no_zero_point{};

/// \brief The type of no_output, for declarations.
struct no_output_t {};
/// \brief Stands where an Args aggregate has a View for a result that is not wanted.
inline constexpr no_output_t no_output{};

/// \brief How an element type is stored and in what it is computed (the contract's T and C).
///
/// Specialise it for a 16-bit type of your own that has the bits of one of ours:
/// \snippet 08_in_your_code/in_your_code.cpp own_type
template <class T>
struct element_traits {};

/// \cond SPECIALIZATIONS
template <>
struct element_traits<double> {
  using storage = double;
  using compute = double;
};
template <>
struct element_traits<float> {
  using storage = float;
  using compute = float;
};
template <>
struct element_traits<half_t> {
  using storage = half_t;
  using compute = float;
};
template <>
struct element_traits<bfloat16_t> {
  using storage = bfloat16_t;
  using compute = float;
};
// Kokkos' 16-bit types, where they really are 16 bits: in host builds they are aliases of float, which is float above.
template <Impl::kokkos_half T>
struct element_traits<T> {
  using storage = half_t;
  using compute = float;
};
template <Impl::kokkos_bhalf T>
struct element_traits<T> {
  using storage = bfloat16_t;
  using compute = float;
};
/// \endcond

/// \brief A type whose Views can be quantized: double, float, half_t, bfloat16_t, Kokkos' 16-bit types where they have 16
/// bits, and every type with an element_traits of its own.
template <class T>
concept element_type = requires {
  typename element_traits<T>::storage;
  typename element_traits<T>::compute;
  requires sizeof(T) == sizeof(typename element_traits<T>::storage);
};

/// \brief What arrays of T hold: double, float, half_t or bfloat16_t.
template <element_type T>
using storage_t = typename element_traits<T>::storage;
/// \brief What T is computed in: double for double, else float.
template <element_type T>
using compute_t = typename element_traits<T>::compute;

/// \brief What codes are stored in: int8_t, uint8_t, int16_t, uint16_t, int32_t, or several of fewer bits in a byte.
template <class T>
concept code_type = std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t> || std::same_as<T, std::int16_t> ||
    std::same_as<T, std::uint16_t> || std::same_as<T, std::int32_t> ||(Impl::packed_type<T> && !std::same_as<T, mask8_t>);

namespace Impl {
template <class Q>
struct code_limits {
  static constexpr std::int32_t lowest = std::numeric_limits<Q>::min(), highest = std::numeric_limits<Q>::max();
};
template <packed_type Q>
struct code_limits<Q> {
  static constexpr std::int32_t lowest = Q::lowest, highest = Q::highest;
};
}  // namespace Impl

}  // namespace KokkosQuant
