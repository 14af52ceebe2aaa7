// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The cells of a walk, for ops that reduce over them: where they are, and the parts that large ones are cut into.
#pragma once

#include <algorithm>
#include <cstdint>

#include "KokkosQuant_SweepPlan.hpp"

namespace KokkosQuant::Impl {

struct CellWalk {
  std::int64_t n_outer, n_inner;
  std::int64_t cell_outer, cell_inner;    // extents of a cell; at the borders it may be smaller
  std::int64_t cells_outer, cells_inner;  // how many
  std::int64_t part_outer = 0, part_inner = 0, parts_outer = 1, parts_inner = 1;  // the same of the parts of a cell

  // Neighbours lie in different cells: many cells are reduced at once, line by line.
  KOKKOS_FORCEINLINE_FUNCTION bool across() const { return cell_inner == 1 && cells_inner > 1; }
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t cells() const { return cells_outer * cells_inner; }
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t parts() const { return parts_outer * parts_inner; }

  struct Rectangle {
    std::int64_t o0, o1, i0, n;
  };
  KOKKOS_FORCEINLINE_FUNCTION Rectangle cell(std::int64_t co, std::int64_t ci) const {
    const std::int64_t o0 = co * cell_outer, i0 = ci * cell_inner;
    return {o0, least_of(o0 + cell_outer, n_outer, n_outer), i0, least_of(i0 + cell_inner, n_inner, n_inner) - i0};
  }
  // A part of a cell; empty where a cell at the border is smaller.
  KOKKOS_FORCEINLINE_FUNCTION Rectangle part(std::int64_t co, std::int64_t ci, std::int64_t po, std::int64_t pi) const {
    const std::int64_t o0 = co * cell_outer + po * part_outer, i0 = ci * cell_inner + pi * part_inner;
    const std::int64_t o1 = least_of(o0 + part_outer, (co + 1) * cell_outer, n_outer);
    const std::int64_t i1 = least_of(i0 + part_inner, (ci + 1) * cell_inner, n_inner);
    return {o0, o1, i0, i1 > i0 ? i1 - i0 : 0};
  }
  void cut(std::int64_t outer, std::int64_t inner) {
    part_outer = outer;
    part_inner = inner;
    parts_outer = (cell_outer + outer - 1) / outer;
    parts_inner = (cell_inner + inner - 1) / inner;
  }

 private:
  static KOKKOS_FORCEINLINE_FUNCTION std::int64_t least_of(std::int64_t a, std::int64_t b, std::int64_t c) {
    const std::int64_t ab = a < b ? a : b;
    return ab < c ? ab : c;
  }
};

template <class Plan>
CellWalk cell_walk(const Plan& plan, bool tiled) {
  const auto& walk = plan.walk;
  const auto up = [](std::int64_t n, std::int64_t cell) { return (n + cell - 1) / cell; };
  CellWalk c{};
  c.n_outer = walk.n_outer;
  c.n_inner = walk.n_inner;
  c.cell_outer = tiled ? plan.cells.outer : plan.cells.differ_outside ? 1 : std::max<std::int64_t>(1, walk.n_outer);
  c.cell_inner = tiled ? plan.cells.inner : plan.cells.differ_inside ? 1 : std::max<std::int64_t>(1, walk.n_inner);
  c.cells_outer = up(c.n_outer, c.cell_outer);
  c.cells_inner = up(c.n_inner, c.cell_inner);
  return c;
}

}  // namespace KokkosQuant::Impl
