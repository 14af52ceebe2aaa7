// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What PackRows puts into its buffer: the kinds of codes, and the layout.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "KokkosQuant_Contract.hpp"
#include "KokkosQuant_Float8.hpp"
#include "KokkosQuant_Types.hpp"

namespace KokkosQuant {

namespace Impl {

// Number of a kind of codes in a buffer's header. Numbers are never used again for something else.
template <class Code>
inline constexpr int row_code_number = 0;
template <>
inline constexpr int row_code_number<double> = 1;
template <>
inline constexpr int row_code_number<float> = 2;
template <>
inline constexpr int row_code_number<half_t> = 3;
template <>
inline constexpr int row_code_number<bfloat16_t> = 4;
template <>
inline constexpr int row_code_number<std::int8_t> = 5;
template <>
inline constexpr int row_code_number<int4x2_t> = 6;
template <>
inline constexpr int row_code_number<std::int16_t> = 7;
inline constexpr int error_bound_number = 8;
template <>
inline constexpr int row_code_number<float8_e4m3_t> = 9;
template <>
inline constexpr int row_code_number<float8_e5m2_t> = 10;

template <class Code>
inline constexpr int row_code_bits = 8 * static_cast<int>(sizeof(Code)) / elements_per<Code>;

inline constexpr std::int64_t row_alignment = 16, row_header_bytes = 32, row_prefix_bytes = 16;

}  // namespace Impl

/// \brief What rows can be sent as: int8_t, int16_t, int4x2_t, float8_e4m3_t, float8_e5m2_t (each row with a scale of its own); double, float,
/// half_t, bfloat16_t (each element converted).
template <class Code>
concept row_code = Impl::row_code_number<Code>
!= 0;

/// \brief The layout of a buffer of packed rows, version 1. Numbers are in the byte order of the machine; a buffer of the other
/// one is refused as foreign.
///
/// | bytes of the header | |
/// | ------- | --- |
/// | 0 - 3   | 0x5752514b, the letters KQRW |
/// | 4 - 5   | version |
/// | 6       | kind of codes: 1 double, 2 float, 3 half, 4 bfloat16, 5 int8, 6 int4, 7 int16, 8 int16 with an error bound, 9 float8_e4m3, 10 float8_e5m2 |
/// | 7       | element type of the field, by the first four of these numbers |
/// | 8 - 15  | number of rows |
/// | 16 - 23 | D, elements a row |
/// | 24 - 27 | 0 |
/// | 28 - 31 | checksum of the seven words before |
///
/// Behind it stand the rows, in the order of the indices, record_size bytes each:
///
/// | bytes of a row | |
/// | ------- | --- |
/// | 0 - 7   | scale, as a double; 1 where elements are converted alone |
/// | 8 - 11  | zero point, int32; of rows with an error bound the number of elements beyond its reach |
/// | 12 - 15 | checksum of all other words of the row, its position included |
/// | 16 -    | codes, without gaps (two int4 a byte, the first in the low bits), then zeros up to a multiple of 16 bytes |
///
/// A change within one word of 32 bits is always noticed; any other with a probability of 1 - 2^-32.
struct RowBufferLayout {
  static constexpr int version = 1;  ///< in each header; others are refused

  /// Bytes of one row of D elements; 8 bits a code, say: 16 + D, rounded up to a multiple of 16
  static constexpr std::int64_t record_size(std::int64_t columns, int bits_a_code) {
    const std::int64_t bytes = columns / 8 * bits_a_code + (columns % 8 * bits_a_code + 7) / 8;
    return Impl::row_prefix_bytes + (bytes + Impl::row_alignment - 1) / Impl::row_alignment * Impl::row_alignment;
  }
  /// Bytes of a buffer with so many rows
  static constexpr std::int64_t buffer_size(std::int64_t rows, std::int64_t columns, int bits_a_code) {
    return Impl::row_header_bytes + rows * record_size(columns, bits_a_code);
  }
};

/// \brief How the scale of a row is found where it is not given.
enum class RowScales {
  symmetric,  ///< amax / q_max, zero point 0; codes from -q_max to q_max
  asymmetric  ///< (max - min) / (q_max - q_min) with a zero point
};

/// \brief Descriptor of PackRows, UnpackRows and UnpackAddRows: rows as codes of this type.
///
/// RowsAs<std::int8_t>, RowsAs<int4x2_t>, RowsAs<std::int16_t>: each row gets the scale that DynamicQuantizePerToken gives it
/// (of the compute type: double for double, else float), or the one that the arguments give.
template <row_code Code>
struct RowsAs {
  RowScales scales = RowScales::symmetric;  ///< where the arguments give none
  double eps = 0;                           ///< the smallest scale; 0: the smallest normal number

  /// Bytes that a buffer of so many rows of D elements needs
  static constexpr std::int64_t buffer_size(std::int64_t rows, std::int64_t columns) {
    return RowBufferLayout::buffer_size(rows, columns, Impl::row_code_bits<Code>);
  }
};
/// \brief Rows as 8-bit floating-point numbers: each row gets the scale max(RN(amax / largest), eps), in the compute type, so that
/// its largest element becomes the largest number of the format; or the one that the arguments give. NaN stays NaN.
template <row_code Code>
requires Impl::float8_type<Code>
struct RowsAs<Code> {
  double eps = 0;  ///< the smallest scale; 0: the smallest normal number

  /// Bytes that a buffer of so many rows of D elements needs
  static constexpr std::int64_t buffer_size(std::int64_t rows, std::int64_t columns) {
    return RowBufferLayout::buffer_size(rows, columns, Impl::row_code_bits<Code>);
  }
};
/// \brief Rows as floating-point numbers: each element is converted, rounded to nearest; exact where Code is the element type,
/// or wider.
template <row_code Code>
requires element_type<Code>
struct RowsAs<Code> {
  /// Bytes that a buffer of so many rows of D elements needs
  static constexpr std::int64_t buffer_size(std::int64_t rows, std::int64_t columns) {
    return RowBufferLayout::buffer_size(rows, columns, Impl::row_code_bits<Code>);
  }
};

/// \brief Descriptor of the same ops: rows as int16_t in steps of the largest power of two <= 2 eps, so that no element comes back
/// further than eps from where it was, as long as its code fits: |x| up to 32767 steps.
///
/// A row's record counts the elements that do not fit (and NaN); they are saturated, and validate() refuses the buffer.
struct RowsWithin {
  double eps;  ///< the largest absolute error: positive, finite, in the units of x

  /// Bytes that a buffer of so many rows of D elements needs
  static constexpr std::int64_t buffer_size(std::int64_t rows, std::int64_t columns) {
    return RowsAs<std::int16_t>::buffer_size(rows, columns);
  }
};

namespace Impl {
template <row_code Code>
inline constexpr bool is_descriptor<RowsAs<Code>> = true;
template <>
inline constexpr bool is_descriptor<RowsWithin> = true;
}  // namespace Impl

}  // namespace KokkosQuant
