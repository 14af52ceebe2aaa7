// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a launch on a device walks.
#pragma once

#include <bit>
#include <cstdint>

#include "../KokkosQuant_Operands.hpp"

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

// What a launch walks: lines, cut into pieces that end where a cell does (tiled), cut into packs.
template <class Element, class Out, class In, bool Tiled>
struct DeviceWalk {
  Element element;
  Operands<Out, In> walk;
  Divider packs;                   // of a piece, or (lanes differ) of a line
  Divider pieces;                  // (tiled) of a line
  Divider cell_outer, cell_inner;  // (tiled) extents of a cell

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
