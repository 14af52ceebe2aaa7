// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Codes of less than a byte, and masks: several elements in each byte of an array.
#pragma once

#include <Kokkos_Macros.hpp>
#include <cstdint>

namespace KokkosQuant {

/// \brief 8 / Bits neighbours in one byte, the first of them in its least significant bits; signed ones in two's complement.
///
/// A View of packed codes for N x D elements is N x ceil(D / per_byte), packed along the rows; or ceil(N / per_byte) x D,
/// packed along the columns, which suits a LayoutLeft x. Bits behind the last element of a line are written as 0 and read by
/// nobody. Two codes a byte in this order is what ONNX stores as INT4 and UINT4.
template <int Bits, bool Signed>
struct packed_codes {
  static_assert(Bits == 1 || Bits == 2 || Bits == 4);
  static constexpr int bits = Bits;                                                          ///< of a code
  static constexpr int per_byte = 8 / Bits;                                                  ///< codes in a byte
  static constexpr std::int32_t lowest = Signed ? -(1 << (Bits - 1)) : 0;                    ///< the smallest code
  static constexpr std::int32_t highest = Signed ? (1 << (Bits - 1)) - 1 : (1 << Bits) - 1;  ///< the largest code

  std::uint8_t byte;  ///< the codes, the first in the least significant bits

  /// The code at position 0 <= j < per_byte.
  KOKKOS_FUNCTION constexpr std::int32_t get(int j) const {
    const std::int32_t code = (byte >> (j * Bits)) & ((1 << Bits) - 1);
    return code > highest ? code - (1 << Bits) : code;
  }
  /// Puts a code, of which the lowest Bits bits count, at position j.
  KOKKOS_FUNCTION constexpr void set(int j, std::int32_t code) {
    const int mask = ((1 << Bits) - 1) << (j * Bits);
    byte = static_cast<std::uint8_t>((byte & ~mask) | ((code << (j * Bits)) & mask));
  }
};

using int4x2_t = packed_codes<4, true>;    ///< two codes of -8 .. 7
using uint4x2_t = packed_codes<4, false>;  ///< two codes of 0 .. 15
using int2x4_t = packed_codes<2, true>;    ///< four codes of -2 .. 1
using uint2x4_t = packed_codes<2, false>;  ///< four codes of 0 .. 3
using mask8_t = packed_codes<1, false>;    ///< eight flags: 1 where an element was inside the range

namespace Impl {
template <class T>
inline constexpr int elements_per = 1;  // elements of the op in one element of the array
template <int Bits, bool Signed>
inline constexpr int elements_per<packed_codes<Bits, Signed>> = 8 / Bits;
template <class T>
concept packed_type = elements_per<T> >
1;
}  // namespace Impl

/// \brief Bytes that hold a number of neighbours packed: the extent of a View of packed codes or masks.
template <Impl::packed_type P>
constexpr std::int64_t packed_extent(std::int64_t elements) {
  return elements / P::per_byte + (elements % P::per_byte != 0 ? 1 : 0);
}

}  // namespace KokkosQuant
