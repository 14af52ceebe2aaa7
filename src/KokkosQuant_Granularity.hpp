// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Granularity: which elements of an N x D array share a scale and a zero point.
#pragma once

#include <cstdint>

namespace KokkosQuant {

/// \brief One scale for all: scale is a View of rank 0, or of rank 1 with one element.
struct PerTensor {};
/// \brief One scale a column ("channel"): scale is a View of rank 1 with D elements.
struct PerChannel {};
/// \brief One scale a row ("token"): scale is a View of rank 1 with N elements.
struct PerToken {};
/// \brief One scale for \c columns neighbours of a row: scale is N x ceil(D / columns); the last group of a row may be shorter.
struct PerGroup {
  std::int64_t columns;  ///< elements of a group, at least 1
};
/// \brief One scale for a tile: scale is ceil(N / rows) x ceil(D / columns); tiles at the lower and right border may be smaller.
struct PerBlock {
  std::int64_t rows;     ///< of a tile, at least 1
  std::int64_t columns;  ///< of a tile, at least 1
};

namespace Impl {

// A cell: the elements that share a scale. Its extents, in elements.
struct CellExtents {
  std::int64_t rows, columns;
};
inline CellExtents cell_extents(PerTensor, std::int64_t rows, std::int64_t columns) { return {rows, columns}; }
inline CellExtents cell_extents(PerChannel, std::int64_t rows, std::int64_t) { return {rows, 1}; }
inline CellExtents cell_extents(PerToken, std::int64_t, std::int64_t columns) { return {1, columns}; }
inline CellExtents cell_extents(PerGroup g, std::int64_t, std::int64_t) { return {1, g.columns}; }
inline CellExtents cell_extents(PerBlock b, std::int64_t, std::int64_t) { return {b.rows, b.columns}; }

// Where cells may end inside a line, the cell of a position takes a division; elsewhere along an axis there is one cell, or
// one a position, and a stride of 0 or not tells them apart.
template <class Granularity>
inline constexpr bool is_tiled = false;
template <>
inline constexpr bool is_tiled<PerGroup> = true;
template <>
inline constexpr bool is_tiled<PerBlock> = true;

template <class Granularity>
struct granularity_name;
template <>
struct granularity_name<PerTensor> {
  static constexpr const char* value = "PerTensor";
};
template <>
struct granularity_name<PerChannel> {
  static constexpr const char* value = "PerChannel";
};
template <>
struct granularity_name<PerToken> {
  static constexpr const char* value = "PerToken";
};
template <>
struct granularity_name<PerGroup> {
  static constexpr const char* value = "PerGroup";
};
template <>
struct granularity_name<PerBlock> {
  static constexpr const char* value = "PerBlock";
};

}  // namespace Impl
}  // namespace KokkosQuant
