// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packing and unpacking rows on the host, tile by tile: a tile's elements stand in a local array, whole packs of it are worked on,
// and what lies behind a row's end is not stored.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "../KokkosQuant_RowCodec.hpp"
#include "KokkosQuant_HostBits.hpp"
#include "KokkosQuant_HostCodes.hpp"

namespace KokkosQuant::Impl {

inline constexpr int row_tile = 64;

template <class T>
struct HostTile {
  using C = compute_t<T>;
  using I = integer_of<C>;
  static constexpr int width = host_vector_bytes / static_cast<int>(sizeof(C));
  alignas(64) C value[row_tile];

  Pack<C, width>& pack(int i) { return *reinterpret_cast<Pack<C, width>*>(value + i); }

  KOKKOSQUANT_HOST_INLINE void load(const T* from, std::int64_t stride, std::int64_t n) {
    if (stride == 1 && n >= row_tile) {
      for (int i = 0; i < row_tile; i += width) pack(i) = load_pack<width>(from + i);
    } else {
      for (int i = 0; i < row_tile; ++i) value[i] = i < n ? widen<C>(from[i * stride]) : C(0);
    }
  }
  KOKKOSQUANT_HOST_INLINE void store(T* to, std::int64_t stride, std::int64_t n) {
    if (stride == 1 && n >= row_tile) {
      for (int i = 0; i < row_tile; i += width) store_pack(to + i, pack(i));
    } else {
      for (int i = 0; i < std::min<std::int64_t>(n, row_tile); ++i) to[i * stride] = narrow<T>(value[i]);
    }
  }
};

// The codes of a tile, one in each element; int4 in bytes.
template <class Code>
struct HostCodes {
  using Wide = std::conditional_t<packed_type<Code>, std::int8_t, std::conditional_t<float8_type<Code>, std::uint8_t, Code>>;
  alignas(64) Wide code[row_tile];

  static std::size_t bytes(std::int64_t n) {
    return static_cast<std::size_t>((std::min<std::int64_t>(n, row_tile) * row_code_bits<Code> + 7) / 8);
  }
  KOKKOSQUANT_HOST_INLINE void store(std::byte* to, std::int64_t n) {
    if constexpr (packed_type<Code>) {
      Code packed[row_tile / elements_per<Code>];
      for (std::int64_t i = n; i < row_tile; ++i) code[i] = 0;
      pack_codes<row_tile>(code, packed);
      __builtin_memcpy(to, packed, bytes(n));
    } else {
      __builtin_memcpy(to, code, bytes(n));
    }
  }
  KOKKOSQUANT_HOST_INLINE void load(const std::byte* from, std::int64_t n) {
    if constexpr (packed_type<Code>) {
      Code packed[row_tile / elements_per<Code>] = {};
      __builtin_memcpy(packed, from, bytes(n));
      unpack_codes<row_tile>(packed, code);
    } else {
      if (n < row_tile) __builtin_memset(static_cast<void*>(code), 0, sizeof code);
      __builtin_memcpy(code, from, bytes(n));
    }
  }
};

template <class T, class Codec, class Index>
struct HostPackRows {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using Tile = HostTile<T>;
  using Code = typename Codec::Code;
  static constexpr int width = Tile::width;

  Codec codec;
  RowIndices<Index> rows;
  Matrix<const T> x;
  std::int64_t columns;
  RowRecords<std::byte> records;
  RowHeader header;

  KOKKOSQUANT_HOST_TASK void operator()(const std::int64_t j) const {
    if (j == rows.count) {
      __builtin_memcpy(records.buffer, &header, sizeof header);
      return;
    }
    const std::int64_t row = rows.at(j);
    std::byte* codes = records.codes(j);
    RowPrefix prefix{0, 0, 0};
    __builtin_memset(codes, 0, static_cast<std::size_t>(4 * records.code_words()));
    if (rows.is_row(row)) pack(row, codes, prefix);
    const std::uint32_t position = records.position(j);
    prefix.checksum = prefix_checksum(prefix, position);
    for (std::int64_t w = 0; w < records.code_words(); ++w) {
      std::uint32_t word;
      __builtin_memcpy(&word, codes + 4 * w, 4);
      prefix.checksum += checked_code_word(word, position, w);
    }
    if (!rows.is_row(row)) prefix.checksum ^= 1;  // nothing that can be used
    __builtin_memcpy(records.record(j), &prefix, sizeof prefix);
  }

 private:
  void pack(std::int64_t row, std::byte* codes, RowPrefix& prefix) const {
    const T* from = x.data + row * x.row;
    FiniteRange<C> range{C(0), C(0)};
    if constexpr (Codec::needs_range) range = range_of(from);
    const RowScale<C> scale = codec.scale(row, range);
    const auto k = codec.constants(scale);
    prefix.scale = to_double(scale.scale);
    prefix.zero_point = scale.zero_point;
    Tile tile;
    HostCodes<Code> coded;
    for (std::int64_t d = 0; d < columns; d += row_tile) {
      const std::int64_t n = std::min<std::int64_t>(columns - d, row_tile);
      tile.load(from + d * x.column, x.column, n);
      encode(k, tile, coded);
      coded.store(codes + d * row_code_bits<Code> / 8, n);
      if constexpr (Codec::counts_misfits) prefix.zero_point += misfits(k, tile);
    }
  }
  static std::int32_t misfits(const typename Codec::Constants& k, Tile& tile) {
    auto fits = IntegerPack<C, width>::all(0);  // -1 of each that does; what is behind the end, 0, does
    for (int i = 0; i < row_tile; i += width) fits = fits + Codec::A::inside(k.mask, tile.pack(i));
    I sum = 0;
    for (int l = 0; l < width; ++l) sum += fits.lane[l];
    return row_tile + static_cast<std::int32_t>(sum);
  }
  FiniteRange<C> range_of(const T* from) const {
    using V = Pack<C, width>;
    FiniteRange<V> packs{V::all(C(0)), V::all(C(0))};
    Tile tile;
    for (std::int64_t d = 0; d < columns; d += row_tile) {
      tile.load(from + d * x.column, x.column, columns - d);
      for (int i = 0; i < row_tile; i += width) packs.template include<true>(tile.pack(i));
    }
    FiniteRange<C> range{C(0), C(0)};
    for (int l = 0; l < width; ++l) range.include(FiniteRange<C>{packs.lo.lane[l], packs.hi.lane[l]});
    return range;
  }
  KOKKOSQUANT_HOST_INLINE void encode(const typename Codec::Constants& k, Tile& tile, HostCodes<Code>& coded) const {
    if constexpr (Codec::is_plain) {
      for (int i = 0; i < row_tile; ++i) coded.code[i] = narrow<Code>(tile.value[i]);
    } else if constexpr (float8_type<Code>) {
      for (int i = 0; i < row_tile; i += width) store_codes<width>(coded.code + i, codec.code(k, tile.pack(i)));
    } else {
      using A = typename Codec::A;
      if (A::is_simple(k.forward))
        for (int i = 0; i < row_tile; i += width) store_codes<width>(coded.code + i, A::code(k.forward, tile.pack(i)));
      else
        for (int i = 0; i < row_tile; ++i)
          coded.code[i] = static_cast<typename HostCodes<Code>::Wide>(A::any_code(k.forward, codec.range, tile.value[i]));
    }
  }
};

// Which of so many tasks (a power of two) has a row.
KOKKOS_FORCEINLINE_FUNCTION std::int64_t owner_of_row(std::int64_t row, std::int64_t owners) {
  const auto hash = static_cast<std::uint64_t>(row) * 0x9e3779b97f4a7c15u;
  return static_cast<std::int64_t>(hash >> 40) & (owners - 1);
}

// A task has the rows of a hash value and a part of the columns, and takes the records in their order: so no two tasks write an
// element, and indices that occur several times are taken in the order in which they do.
template <class T, class Decoder, class Index, bool Adds>
struct HostUnpackRows {
  using C = compute_t<T>;
  using I = integer_of<C>;
  using Tile = HostTile<T>;
  using Code = typename Decoder::Code;
  static constexpr int width = Tile::width;

  RowIndices<Index> rows;
  Matrix<T> x;
  std::int64_t columns;
  RowRecords<const std::byte> records;
  std::int64_t owners, part;  // columns of a part: a multiple of the tile

  KOKKOSQUANT_HOST_TASK void operator()(const std::int64_t task) const {
    const std::int64_t owner = task % owners, begin = task / owners * part, end = std::min(columns, begin + part);
    for (std::int64_t j = 0; j < rows.count; ++j) {
      const std::int64_t row = rows.at(j);
      if (!rows.is_row(row) || owner_of_row(row, owners) != owner) continue;
      RowPrefix prefix;
      __builtin_memcpy(&prefix, records.record(j), sizeof prefix);
      unpack(Decoder::constants(prefix), records.codes(j), x.data + row * x.row, begin, end);
    }
  }

 private:
  void unpack(const typename Decoder::Constants& k, const std::byte* codes, T* to, std::int64_t begin, std::int64_t end) const {
    Tile tile, old;
    HostCodes<Code> coded;
    for (std::int64_t d = begin; d < end; d += row_tile) {
      const std::int64_t n = std::min<std::int64_t>(end - d, row_tile);
      T* place = to + d * x.column;
      coded.load(codes + d * row_code_bits<Code> / 8, n);
      decode(k, coded, tile);
      if constexpr (Adds) {
        old.load(place, x.column, n);
        for (int i = 0; i < row_tile; i += width) tile.pack(i) = add(tile.pack(i), old.pack(i));
      }
      tile.store(place, x.column, n);
    }
  }
  static KOKKOSQUANT_HOST_INLINE void decode(const typename Decoder::Constants& k, const HostCodes<Code>& coded, Tile& tile) {
    if constexpr (Decoder::is_plain) {
      for (int i = 0; i < row_tile; ++i) tile.value[i] = static_cast<C>(coded.code[i]);
    } else if constexpr (float8_type<Code>) {
      for (int i = 0; i < row_tile; i += width)
        tile.pack(i) = multiply(decode_float8<Code, C>(load_codes<width, C>(coded.code + i)), k.scale);
    } else if (k.moderate) {
      for (int i = 0; i < row_tile; i += width) tile.pack(i) = dequantize_moderate(k, load_codes<width, C>(coded.code + i));
    } else {
      for (int i = 0; i < row_tile; ++i) tile.value[i] = dequantize(k, coded.code[i]);
    }
  }
};

template <class Exec>
using HostRowTasks = Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>;

template <class Exec, class T, class Codec, class Index>
void launch_host_rows(const Exec& exec, const std::string& label, const HostPackRows<T, Codec, Index>& functor) {
  Kokkos::parallel_for(label, HostRowTasks<Exec>(exec, 0, functor.rows.count + 1), functor);
}
template <class Exec, class T, class Decoder, class Index, bool Adds>
void launch_host_rows(const Exec& exec, const std::string& label, HostUnpackRows<T, Decoder, Index, Adds> functor) {
  if (functor.rows.count == 0 || functor.columns == 0) return;
  // Each task reads all indices: a few tasks a thread.
  const auto wanted = static_cast<std::uint64_t>(4 * std::max<std::int64_t>(1, exec.concurrency()));
  functor.owners =
      exec.concurrency() == 1
          ? 1
          : static_cast<std::int64_t>(std::bit_ceil(std::min(wanted, static_cast<std::uint64_t>(functor.rows.count))));
  functor.part = 4096;
  const std::int64_t parts = (functor.columns + functor.part - 1) / functor.part;
  Kokkos::parallel_for(label, HostRowTasks<Exec>(exec, 0, functor.owners * parts), functor);
}

}  // namespace KokkosQuant::Impl
