// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over an array on the host: one functor, one task a rectangle of it. Lines without gaps between them are one line, so
// that short ones fill blocks too.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <utility>

#include "KokkosQuant_HostLines.hpp"

namespace KokkosQuant::Impl {

// Tiled: cells may end inside a line.
template <class Element, class Out, class In, bool Tiled, bool Ahead>
struct HostSweep;

template <class Element, class... O, class... I, bool Tiled, bool Ahead>
struct HostSweep<Element, Outputs<O...>, Inputs<I...>, Tiled, Ahead> : HostLines<Element, Outputs<O...>, Inputs<I...>, Ahead> {
  using Lines = HostLines<Element, Outputs<O...>, Inputs<I...>, Ahead>;
  using Lines::contiguous;
  using Lines::element;
  using Lines::walk;
  using typename Lines::C;
  using typename Lines::InSequence;
  using typename Lines::OutSequence;
  using typename Lines::Walk;

  // Blocks of native vectors, and of 8 elements for lines shorter than those. (So many native ones of a block that is asked whether all is
  // inside: 2 take 1.1 times as long; and whole cache lines of codes, as some processors write parts of them past the caches one by
  // one: doubles to bytes, a Xeon, 2 take 1.5 times as long.)
  static constexpr int native_width = host_vector_bytes / static_cast<int>(sizeof(C));
  static constexpr int fill_line =
      host_vector_bytes < cache_line ? 2 : cache_line / (native_width * static_cast<int>(std::max({sizeof(O)...})));
  static constexpr int native_packs = Lines::template narrows<native_width> ? narrowed_packs
                                      : looks_inside<Element>               ? 4
                                      : Walk::has_packed                    ? std::max(2, packed_at_once / native_width)
                                                                            : std::clamp(fill_line, 2, 8);
  static constexpr int native_size = native_width * native_packs;
  static constexpr int narrow_width = std::min(native_width, 8), narrow_packs = 8 / narrow_width;

  bool dense;                           // contiguous, no gaps between lines, and (tiled) whole cells
  bool by_element;                      // no packs
  bool lanes_differ;                    // neighbours in a pack lie in different cells, nearly always
  bool one_by_one;                      // (lanes differ) lines are walked one after the other
  bool cells_follow;                    // (tiled, dense) so do the cells' constants: cell after cell, line after line
  std::int64_t folded;                  // (lanes differ) so many short lines without gaps are walked as one, or 0
  std::int64_t cell_outer, cell_inner;  // (tiled) extents of a cell
  std::int64_t task_outer, task_inner, inner_tasks;

  // The cell of a position. Untiled, there is one along an axis or one a position: strides say which.
  KOKKOSQUANT_HOST_INLINE auto cell_data(std::int64_t o, std::int64_t i) const {
    if constexpr (Tiled)
      return element.cell_data(o / cell_outer, i / cell_inner);
    else
      return element.cell_data(o, i);
  }

  // What is read of some cells, the j-th of them. (Types that no block's shape is part of: tables are filled by the same code then.)
  struct LineCells {  // one a line
    std::int64_t o;
    KOKKOSQUANT_HOST_INLINE auto operator()(const auto& e, int j) const { return e.cell_data(o + j, 0); }
  };
  struct CellsOfLine {
    std::int64_t o_cell, cell;
    KOKKOSQUANT_HOST_INLINE auto operator()(const auto& e, int j) const { return e.cell_data(o_cell, cell + j); }
  };
  struct PositionCells {  // one a position
    std::int64_t o, i, cell_outer, cell_inner;
    KOKKOSQUANT_HOST_INLINE auto operator()(const auto& e, int j) const {
      if constexpr (Tiled)
        return e.cell_data(o / cell_outer, (i + j) / cell_inner);
      else
        return e.cell_data(o, i + j);
    }
  };

  template <int W, int P, bool Interleaved>
  struct Blocks : Lines::template Spans<W, P, Interleaved> {
    using Spans = typename Lines::template Spans<W, P, Interleaved>;
    using Spans::lines;
    using Spans::size;
    using typename Spans::Applied;
    using typename Spans::Constants;
    using typename Spans::OutBlocks;
    template <class T>
    using block = typename Spans::template block<T>;
    using OneLine = std::index_sequence<0>;
    static constexpr bool may_be_dense = W == native_width && P == native_packs;

    // Lines o0 to o1, each from i on, cell after cell. The constants of a batch of them are computed first.
    static constexpr int batch = host_tuning.batch_cells;
    using BatchTable = ConstantsTable<Applied, batch, true>;
    using InTurn = typename Constants::template OneAfterTheOther<batch>;
    using Several = typename Constants::template SeveralEach<batch>;

    static void cells_in_turn(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i, std::int64_t n) {
      if constexpr (!Tiled)
        whole_lines(s, o0, o1, i, n);
      else if (may_be_dense && s.dense && n == s.walk.n_inner)
        tiled_lines(s, o0, o1);
      else
        for (std::int64_t o = o0; o < o1; ++o) tiled_line(s, o, i, n);
    }
    // one cell a line
    static void whole_lines(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i, std::int64_t n) {
      constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
      BatchTable table;
      for (std::int64_t o = o0; o < o1; o += batch) {
        const int rows = static_cast<int>(std::min<std::int64_t>(batch, o1 - o));
        if (!table.fill(Applied{s.element}, 0, rows, n, LineCells{o}))
          s.elements(o, o + rows, i, n);
        else if (may_be_dense && s.dense && n == s.walk.n_inner && rows * n >= size)
          dense_cells(s, o, 0, rows, n, table);
        else
          for (int row = 0; row < rows; ++row) lines(s, o + row, i, n, InTurn{table, row, never, never}, OneLine{});
      }
    }
    // cells of n elements without gaps
    static void dense_cells(const HostSweep& s, std::int64_t o, std::int64_t i, int cells, std::int64_t n,
                            const BatchTable& table) {
      if constexpr (may_be_dense && Several::exists)
        if (n >= 4 && n < size && std::has_single_bit(static_cast<std::uint64_t>(n)))
          return lines(s, o, i, cells * n, Several{table, std::countr_zero(static_cast<std::uint64_t>(n))}, OneLine{});
      lines(s, o, i, cells * n, InTurn{table, 0, n, n}, OneLine{});
    }
    // several cells a line
    static void tiled_line(const HostSweep& s, std::int64_t o, std::int64_t i, std::int64_t n) {
      BatchTable table;
      const std::int64_t length = s.cell_inner, o_cell = o / s.cell_outer;
      for (std::int64_t end = i + n, next = i; i < end; i = next) {
        const std::int64_t cell = i / length;
        const std::int64_t cells = std::min<std::int64_t>(batch - cell % 8, (end - 1) / length + 1 - cell);  // to a whole byte
        next = std::min(end, (cell + cells) * length);
        if (table.fill(Applied{s.element}, 0, static_cast<int>(cells), length, CellsOfLine{o_cell, cell}))
          lines(s, o, i, next - i, InTurn{table, 0, (cell + 1) * length - i, length}, OneLine{});
        else
          s.elements(o, o + 1, i, next - i);
      }
    }

    // several cells a line, without gaps between lines
    static void tiled_lines(const HostSweep& s, std::int64_t o0, std::int64_t o1) {
      BatchTable table;
      const std::int64_t length = s.cell_inner, in_line = s.walk.n_inner / length, end = o1 * in_line;
      for (std::int64_t first = o0 * in_line; first < end; first += batch) {
        const int count = static_cast<int>(std::min<std::int64_t>(batch, end - first));
        const auto each_line = [&](const auto& f) {  // f(its first entry in the table, line, cell, number of cells)
          for (int at = 0, cells; at < count; at += cells) {
            const std::int64_t o = (first + at) / in_line, cell = (first + at) % in_line;
            cells = static_cast<int>(std::min<std::int64_t>(count - at, in_line - cell));
            f(at, o, cell, cells);
          }
        };
        bool simple = true;
        if (s.cells_follow)
          simple = table.fill(Applied{s.element}, 0, count, length, CellsOfLine{0, first});
        else
          each_line([&](int at, std::int64_t o, std::int64_t cell, int cells) {
            if (at >= in_line && cells == in_line && o % s.cell_outer != 0)
              table.copy(at - cells, at, cells);  // those of the line before
            else
              simple &= table.fill(Applied{s.element}, at, cells, length, CellsOfLine{o / s.cell_outer, cell});
          });
        if (simple)
          dense_cells(s, first / in_line, first % in_line * length, count, length, table);
        else
          each_line(
              [&](int, std::int64_t o, std::int64_t cell, int cells) { s.elements(o, o + 1, cell * length, cells * length); });
      }
    }

    // Lanes differ: a stretch of positions with their constants; the lines that share them are walked outside, several at
    // once or one by one.
    static void stretch(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i, int n) {
      constexpr int tile = host_tuning.tile_positions + std::max(native_size, 8);  // (packs end beyond the last position)
      constexpr int columns = Lines::template narrows<W> ? host_tuning.coded_lines_at_once : host_tuning.lines_at_once;
      using At = typename Constants::template OneEach<tile>;
      ConstantsTable<Applied, tile> table;
      if (!Tiled && may_be_dense && s.folds(n)) {
        if (!table.fill(Applied{s.element}, 0, n, 1, PositionCells{o0, 0, 1, 1})) return s.elements(o0, o1, 0, n);
        table.repeat(n, static_cast<int>(s.folded) * n);
        for (std::int64_t o = o0; o < o1; o += s.folded) lines(s, o, 0, std::min(s.folded, o1 - o) * n, At{table}, OneLine{});
        return;
      }
      for (std::int64_t o = o0, end = o0; o < o1; o = end) {
        end = Tiled ? std::min(o1, (o / s.cell_outer + 1) * s.cell_outer) : o1;
        if (!table.fill(Applied{s.element}, 0, n, 1, PositionCells{o, i, s.cell_outer, s.cell_inner})) {
          s.elements(o, end, i, n);
          continue;
        }
        for (; o + columns <= end && !s.one_by_one; o += columns)
          lines(s, o, i, n, At{table}, std::make_index_sequence<columns>{});
        for (; o < end; ++o) lines(s, o, i, n, At{table}, OneLine{});
      }
    }

    // n elements of a line, at most a block, with any strides and any constants, one after the other
    template <std::size_t... A, std::size_t... B>
    static void any(const HostSweep& s, std::int64_t o, std::int64_t i, int n, std::index_sequence<A...>,
                    std::index_sequence<B...>) {
      const auto l = s.line(o, i);
      const auto in = make_tuple(block<I>::template load_some<C>(get<B>(l.in), get<B>(s.walk.in).inner, n)...);
      OutBlocks out{};
      for (int j = 0; j < n; ++j)
        s.element.apply_any(s.element.constants(s.cell_data(o, i + j)), get<A>(out).lane(j)..., get<B>(in).lane(j)...);
      (get<A>(out).store_some(get<A>(l.out), get<A>(s.walk.out).inner, n), ...);
    }
  };

  void elements(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t n) const {
    for (std::int64_t o = o0; o < o1; ++o)
      for (std::int64_t i = i0; i < i0 + n; i += 8)
        Blocks<narrow_width, narrow_packs, false>::any(*this, o, i, static_cast<int>(std::min<std::int64_t>(8, i0 + n - i)),
                                                       OutSequence{}, InSequence{});
  }

  // Are these whole lines, of which several are walked as one?
  bool folds(std::int64_t n) const { return folded > 0 && n == walk.n_inner; }

  template <int W, int P>
  void rectangle(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t n) const {
    if (lanes_differ)
      Blocks<W, P, false>::stretch(*this, o0, o1, i0, static_cast<int>(n));
    else
      Blocks<W, P, Lines::template interleaves<W, P>>::cells_in_turn(*this, o0, o1, i0, n);
  }

  KOKKOSQUANT_HOST_TASK void operator()(const std::int64_t task) const {
    const std::int64_t o0 = task / inner_tasks * task_outer, o1 = std::min(o0 + task_outer, walk.n_outer);
    const std::int64_t i0 = task % inner_tasks * task_inner, n = std::min(task_inner, walk.n_inner - i0);
    if (by_element)
      elements(o0, o1, i0, n);
    else if (n >= native_size || dense || folds(n))
      rectangle<native_width, native_packs>(o0, o1, i0, n);
    else
      rectangle<narrow_width, narrow_packs>(o0, o1, i0, n);
    if (this->streaming) end_of_streaming();
  }
};

}  // namespace KokkosQuant::Impl
