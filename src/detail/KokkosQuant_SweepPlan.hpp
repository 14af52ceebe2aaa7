// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a launch is told: the operands, turned so that the inner axis is contiguous where it can be, the cells, and how they are
// walked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Operands.hpp"

namespace KokkosQuant::Impl {

// Which axes a scale changes along, in the array or (turned) in the walk, and how many elements share it there.
struct Cells {
  bool differ_outside, differ_inside;
  std::int64_t outer, inner;
};
template <class Granularity>
Cells cells_of(const Granularity& g, std::int64_t rows, std::int64_t columns) {
  constexpr bool tiled = is_tiled<Granularity>;
  const CellExtents e = cell_extents(g, rows, columns);
  return {tiled || std::is_same_v<Granularity, PerToken>, tiled || std::is_same_v<Granularity, PerChannel>,
          std::max<std::int64_t>(1, std::min(e.rows, rows)), std::max<std::int64_t>(1, std::min(e.columns, columns))};
}

// What a launch needs to know: the operands, turned, and how they are walked.
template <class Element, class Out, class In>
struct SweepPlan {
  Element element;
  Operands<Out, In> walk;
  Cells cells;
  bool contiguous;    // every operand has inner stride 1
  bool lanes_differ;  // neighbours in a pack may lie in different cells
  bool by_element;    // no vector accesses
};

// Turns the walk so that the inner axis is contiguous for as many bytes an element as can be; a hint decides where both are,
// and packed codes decide it alone. true: the inner axis runs over rows.
template <class... O, class... I>
bool rows_inside(std::int64_t rows, std::int64_t columns, const Tuple<Matrix<O>...>& out, const Tuple<Matrix<const I>...>& in,
                 Mapping hint) {
  std::size_t along_columns = 0, along_rows = 0;  // bytes an element that consecutive accesses move
  bool any_packed = false, packed_down = false;
  const auto weigh = [&](const auto& m) {
    along_columns += columns == 1 || m.column == 1 ? sizeof(*m.data) : 0;
    along_rows += rows == 1 || m.row == 1 ? sizeof(*m.data) : 0;
    any_packed |= packed_type<std::remove_cvref_t<decltype(*m.data)>>;
    packed_down |= m.packed_down;
  };
  const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
    (weigh(get<A>(out)), ...);
    (weigh(get<B>(in)), ...);
  };
  unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
  const bool tokens = hint == Mapping::packs_of_tokens || (hint != Mapping::packs && columns == 1);
  if (any_packed) return packed_down;
  return along_rows > along_columns || (along_rows == along_columns && tokens);
}
template <class... O, class... I>
Operands<Outputs<O...>, Inputs<I...>> turned(bool rows_inside, std::int64_t rows, std::int64_t columns,
                                             const Tuple<Matrix<O>...>& out, const Tuple<Matrix<const I>...>& in) {
  const auto turn = [&](const auto& m) {
    using L = Lines<std::remove_pointer_t<decltype(m.data)>>;
    // an axis of one element (or byte) has any stride: call it contiguous
    const std::int64_t row = rows <= (m.packed_down ? L::per : 1) ? 1 : m.row;
    const std::int64_t column = columns <= (m.packed_down ? 1 : L::per) ? 1 : m.column;
    return L{m.data, rows_inside ? column : row, rows_inside ? row : column};
  };
  const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
    return Operands<Outputs<O...>, Inputs<I...>>{make_tuple(turn(get<A>(out))...), make_tuple(turn(get<B>(in))...),
                                                 rows_inside ? columns : rows, rows_inside ? rows : columns};
  };
  return unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
}

}  // namespace KokkosQuant::Impl
