// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief 8-bit floating-point codes: float8_e4m3_t, float8_e5m2_t, and the descriptor of quantization to them.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "KokkosQuant_Contract.hpp"
#include "detail/KokkosQuant_Float8Bits.hpp"

namespace KokkosQuant {

/// \brief What becomes of numbers that a type cannot hold, after rounding, Inf among them.
enum class Overflow {
  saturate,   ///< the largest finite number of that sign
  non_finite  ///< Inf of that sign; NaN in a type without Inf
};

/// \brief 8-bit floating point as storage: one byte on every backend, in the formats of the OCP 8-bit floating point
/// specification (revision 1.0), bit-compatible with __nv_fp8_e4m3, __nv_fp8_e5m2 and torch.float8_e4m3fn, float8_e5m2.
///
/// |                          | float8_e4m3_t               | float8_e5m2_t |
/// | ------------------------ | --------------------------- | ------------- |
/// | largest finite number    | 448                         | 57344         |
/// | smallest normal number   | 2^-6                        | 2^-14         |
/// | smallest subnormal one   | 2^-9                        | 2^-16         |
/// | Inf                      | none                        | as in IEEE 754 |
///
/// It has no arithmetic: convert, compute, convert back. A conversion from float or double rounds once, to nearest, ties to
/// even; -0 stays -0. NaN stays NaN, and becomes the byte 0x7f, whatever its sign and payload; overflow to NaN or Inf keeps
/// its sign. Conversions to float and double are exact.
template <int ExponentBits, int MantissaBits>
struct float8 {
  static_assert((ExponentBits == 4 && MantissaBits == 3) || (ExponentBits == 5 && MantissaBits == 2));
  static constexpr int exponent_bits = ExponentBits;       ///< bits of the exponent
  static constexpr int mantissa_bits = MantissaBits;       ///< bits of the mantissa that are stored
  static constexpr bool has_infinity = ExponentBits == 5;  ///< and IEEE's NaNs; else the largest magnitude is the only NaN
  static constexpr float largest = has_infinity ? 57344.0f : 448.0f;  ///< the largest finite number

  std::uint8_t bits;  ///< sign, exponent, mantissa

  float8() = default;
  /// The nearest number, ties to even; what is too large by overflow.
  template <std::floating_point F>
  KOKKOS_FUNCTION explicit float8(F value, Overflow overflow = Overflow::saturate)
      : bits(static_cast<std::uint8_t>(
            Impl::encode_float8<float8, F>(value, Impl::float8_limit<float8, F>(overflow == Overflow::saturate)))) {}
  /// exact
  KOKKOS_FUNCTION explicit operator float() const {
    return Impl::decode_float8<float8, float>(static_cast<std::int32_t>(bits));
  }
  /// exact
  KOKKOS_FUNCTION explicit operator double() const { return static_cast<double>(static_cast<float>(*this)); }
  /// The number of an encoding.
  KOKKOS_FUNCTION static float8 from_bits(std::uint8_t encoding) {
    float8 f;
    f.bits = encoding;
    return f;
  }
};

using float8_e4m3_t = float8<4, 3>;  ///< E4M3 of OCP ("e4m3fn"): no Inf, one NaN of each sign
using float8_e5m2_t = float8<5, 2>;  ///< E5M2 of OCP: the upper byte of a binary16

static_assert(sizeof(float8_e4m3_t) == 1 && std::is_trivial_v<float8_e4m3_t> && std::is_standard_layout_v<float8_e4m3_t>);
static_assert(sizeof(float8_e5m2_t) == 1 && std::is_trivial_v<float8_e5m2_t> && std::is_standard_layout_v<float8_e5m2_t>);

/// \brief The descriptor of Quantize and Dequantize where q is a View of float8_e4m3_t or float8_e5m2_t: such codes have no
/// integer range, and no zero point.
struct Float8Descriptor {
  Overflow overflow = Overflow::saturate;  ///< what becomes of quotients that are too large, and of Inf; of Quantize alone
};

namespace Impl {
template <class T>
inline constexpr bool is_float8 = false;
template <int ExponentBits, int MantissaBits>
inline constexpr bool is_float8<float8<ExponentBits, MantissaBits>> = true;
template <class T>
concept float8_type = is_float8<T>;

template <>
inline constexpr bool is_descriptor<Float8Descriptor> = true;
}  // namespace Impl

/// \brief The descriptor of FakeQuantize through 8-bit floating point: Float8DescriptorOf<float8_e4m3_t>{}. There is no q whose
/// type could name the format.
template <Impl::float8_type F8>
struct Float8DescriptorOf : Float8Descriptor {
  /// what: see Float8Descriptor
  explicit Float8DescriptorOf(Overflow what = Overflow::saturate) : Float8Descriptor{what} {}
};

namespace Impl {
template <class F8>
inline constexpr bool is_descriptor<Float8DescriptorOf<F8>> = true;

// The format that a descriptor names, or void.
template <class Descriptor>
struct float8_of {
  using type = void;
};
template <class F8>
struct float8_of<Float8DescriptorOf<F8>> {
  using type = F8;
};
}  // namespace Impl

}  // namespace KokkosQuant
