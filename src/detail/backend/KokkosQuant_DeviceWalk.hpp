// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a launch on a device walks.
#pragma once

#include <bit>
#include <cstdint>

#include "../KokkosQuant_Operands.hpp"
#include "KokkosQuant_DeviceChunk.hpp"

namespace KokkosQuant::Impl {

// n / d for n < 2^31 by a product (Granlund, Montgomery: "Division by invariant integers using multiplication", 1994).
struct Divider {
  std::uint32_t divisor, multiplier;
  int shift;

  explicit Divider(std::uint32_t d) : divisor(d), shift(31 + static_cast<int>(std::bit_width(d - 1))) {
    multiplier = static_cast<std::uint32_t>(((std::uint64_t(1) << shift) + d - 1) / d);
  }
  KOKKOS_FORCEINLINE_FUNCTION std::uint32_t quotient(std::uint32_t n) const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(n) * multiplier) >> shift);
  }
};

// W values along a line of n, for lanes outside it the nearest one: by vector accesses where they are aligned neighbours.
template <int W, class T>
KOKKOS_FORCEINLINE_FUNCTION Chunk<T, W> neighbours(const CellValues<T>& values, std::uint32_t o, std::int32_t i,
                                                   std::int32_t n) {
  const T* const from = &values(o, i);
  if (values.inner == 1 && i >= 0 && i + W <= n && reinterpret_cast<std::uintptr_t>(from) % alignof(Chunk<T, W>) == 0)
    return *reinterpret_cast<const Chunk<T, W>*>(from);
  Chunk<T, W> all;
  KOKKOSQUANT_UNROLL
  for (int lane = 0; lane < W; ++lane) {
    const std::int32_t at = i + lane < 0 ? -i : i + lane < n ? lane : n - 1 - i;
    all.put(lane, from[at * values.inner]);
  }
  return all;
}
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Chunk<std::int32_t, W> neighbours(const ZeroCellValues&, std::uint32_t, std::int32_t,
                                                              std::int32_t) {
  return {};
}

// What a launch walks: lines, cut into pieces that end where a cell does (tiled), cut into packs.
template <class Element, class Out, class In, bool Tiled>
struct DeviceWalk {
  Element element;
  Operands<Out, In> walk;
  Divider packs;                   // of a piece, or (lanes differ) of a line
  Divider pieces;                  // (tiled) of a line
  Divider cell_outer, cell_inner;  // (tiled) extents of a cell

  // of W neighbours, for lanes outside the line of the nearest one
  template <int W, class Cell>
  KOKKOS_FORCEINLINE_FUNCTION void load_cells(std::uint32_t o, std::int32_t i, Cell (&cell)[W]) const {
    const auto n = static_cast<std::int32_t>(walk.n_inner);
    if constexpr (!Tiled && requires { element.scale, element.zero_point; }) {
      const auto scale = neighbours<W>(element.scale, o, i, n);
      const auto zero_point = neighbours<W>(element.zero_point, o, i, n);
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) cell[lane] = {scale.value(lane), zero_point.value(lane)};
    } else {
      KOKKOSQUANT_UNROLL
      for (int lane = 0; lane < W; ++lane) cell[lane] = cell_data(o, i + lane < 0 ? 0 : i + lane < n ? i + lane : n - 1);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION auto cell_data(std::uint32_t o, std::int64_t i) const {
    if constexpr (Tiled)
      return element.cell_data(cell_outer.quotient(o), cell_inner.quotient(static_cast<std::uint32_t>(i)));
    else
      return element.cell_data(o, i);
  }
};

// Lines before and behind which there are others: vector accesses may go beyond their ends. Elsewhere memory may end.
struct InnerLines {
  std::uint32_t first, count;
  KOKKOS_FORCEINLINE_FUNCTION bool hold(std::uint32_t o) const { return o - first < count; }
};

}  // namespace KokkosQuant::Impl
