// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Buffers of packed rows as kernels see them: the header, the records, their checksums.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../KokkosQuant_RowPayload.hpp"
#include "KokkosQuant_Operands.hpp"
#include "backend/KokkosQuant_Arithmetic.hpp"

namespace KokkosQuant::Impl {

struct RowHeader {
  static constexpr std::uint32_t letters = 0x5752514bu;
  std::uint32_t magic;
  std::uint16_t version;
  std::uint8_t code, element;
  std::uint64_t rows, columns;
  std::uint32_t zero, checksum;
};
static_assert(sizeof(RowHeader) == row_header_bytes);

struct RowPrefix {
  double scale;
  std::int32_t zero_point;  // or misfits
  std::uint32_t checksum;
};
static_assert(sizeof(RowPrefix) == row_prefix_bytes);

// A word's part of a checksum, which is the sum of them: so words may be taken in any order. For each position it is a bijection
// of the words (multiplications by odd numbers, shifts: the constants of MurmurHash3's finalizer), so that a changed word changes
// the sum.
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t checked_word(std::uint32_t word, std::uint32_t position) {
  std::uint32_t h = (word ^ (position * 0x9e3779b1u)) * 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ (h >> 16);
}
KOKKOS_INLINE_FUNCTION std::uint32_t header_checksum(const RowHeader& h) {
  const std::uint32_t word[7] = {
      h.magic,
      h.version | static_cast<std::uint32_t>(h.code) << 16 | static_cast<std::uint32_t>(h.element) << 24,
      static_cast<std::uint32_t>(h.rows),
      static_cast<std::uint32_t>(h.rows >> 32),
      static_cast<std::uint32_t>(h.columns),
      static_cast<std::uint32_t>(h.columns >> 32),
      h.zero};
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < 7; ++i) sum += checked_word(word[i], i);
  return sum;
}
inline RowHeader row_header(int code, int element, std::int64_t rows, std::int64_t columns) {
  RowHeader h{RowHeader::letters,
              RowBufferLayout::version,
              static_cast<std::uint8_t>(code),
              static_cast<std::uint8_t>(element),
              static_cast<std::uint64_t>(rows),
              static_cast<std::uint64_t>(columns),
              0,
              0};
  h.checksum = header_checksum(h);
  return h;
}

// Indices of rows, of either width; any stride.
template <class Index>
struct RowIndices {
  const Index* data;
  std::int64_t stride, count, rows;  // rows of the field: indices are below

  KOKKOS_FORCEINLINE_FUNCTION std::int64_t at(std::int64_t j) const { return static_cast<std::int64_t>(data[j * stride]); }
  KOKKOS_FORCEINLINE_FUNCTION bool is_row(std::int64_t row) const { return row >= 0 && row < rows; }
};

// The records behind a header. Byte is const where they are read alone.
template <class Byte>
struct RowRecords {
  Byte* buffer;
  std::int64_t record_size;

  KOKKOS_FORCEINLINE_FUNCTION Byte* record(std::int64_t j) const { return buffer + row_header_bytes + j * record_size; }
  KOKKOS_FORCEINLINE_FUNCTION Byte* codes(std::int64_t j) const { return record(j) + row_prefix_bytes; }
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t code_words() const { return (record_size - row_prefix_bytes) / 4; }
  // of a record's first word in a checksum
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t position(std::int64_t j) const {
    return static_cast<std::uint32_t>(j) * static_cast<std::uint32_t>(record_size / 4) + 7;
  }
};
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t prefix_checksum(const RowPrefix& p, std::uint32_t position) {
  const auto scale = bits_as<std::uint64_t>(p.scale);
  return checked_word(static_cast<std::uint32_t>(scale), position) +
         checked_word(static_cast<std::uint32_t>(scale >> 32), position + 1) +
         checked_word(static_cast<std::uint32_t>(p.zero_point), position + 2);
}
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t checked_code_word(std::uint32_t word, std::uint32_t position, std::int64_t w) {
  return checked_word(word, position + 4 + static_cast<std::uint32_t>(w));
}

}  // namespace KokkosQuant::Impl
