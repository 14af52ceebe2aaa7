// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over rows on the host: one functor, one task a rectangle of the array. Contiguous lines go in blocks of packs;
// the last block of a line is moved back so that it ends with the line, and overlaps the one before. Rows without gaps
// between them are one line, so that short rows fill blocks too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "../KokkosQuant_Operands.hpp"
#include "KokkosQuant_HostBlock.hpp"
#include "KokkosQuant_HostTuning.hpp"

namespace KokkosQuant::Impl {

// Tiled: cells may end inside a line.
template <class Element, class Out, class In, bool Tiled>
struct HostSweep;

template <class Element, class... O, class... I, bool Tiled>
struct HostSweep<Element, Outputs<O...>, Inputs<I...>, Tiled> {
  using C = typename Element::compute;
  using Walk = Operands<Outputs<O...>, Inputs<I...>>;
  using OutSequence = std::index_sequence_for<O...>;
  using InSequence = std::index_sequence_for<I...>;
  static constexpr bool interleaved = (std::is_same_v<O, bfloat16_t> && ...) && (std::is_same_v<I, bfloat16_t> && ...);
  static constexpr int native_width = host_vector_bytes / static_cast<int>(sizeof(C));

  Element element;
  Walk walk;
  bool contiguous;                      // every operand has inner stride 1
  bool dense;                           // and no gaps between lines, nor a cell that ends with one before its time
  bool by_element;                      // no packs
  bool lanes_differ;                    // neighbours in a pack lie in different cells, nearly always
  bool streaming;                       // the output goes past the caches
  std::int64_t cell_outer, cell_inner;  // (tiled) extents of a cell
  std::int64_t task_outer, task_inner, inner_tasks;

  // The cell of a position. Untiled, there is one along an axis or one a position: strides say which.
  KOKKOSQUANT_HOST_INLINE auto cell_data(std::int64_t o, std::int64_t i) const {
    if constexpr (Tiled)
      return element.cell_data(o / cell_outer, i / cell_inner);
    else
      return element.cell_data(o, i);
  }

  // All operands of a line from one position on.
  struct Line {
    Tuple<O*...> out;
    Tuple<const I*...> in;
  };
  template <std::size_t... A, std::size_t... B>
  KOKKOSQUANT_HOST_INLINE Line line(std::int64_t o, std::int64_t i, std::index_sequence<A...>,
                                    std::index_sequence<B...>) const {
    return {make_tuple(get<A>(walk.out).at(o, i)...), make_tuple(get<B>(walk.in).at(o, i)...)};
  }
  KOKKOSQUANT_HOST_INLINE Line line(std::int64_t o, std::int64_t i) const { return line(o, i, OutSequence{}, InSequence{}); }

  // ---- one shape of block: native ones, and of 8 elements for lines shorter than those -----------------------------------
  template <int W, int P, bool Interleaved>
  struct Blocks {
    static constexpr int size = W * P;
    template <class T>
    using block = Block<lane_t<T, C>, W, P, Interleaved>;
    using InBlocks = Tuple<block<I>...>;
    using OutBlocks = Tuple<block<O>...>;
    using Constants = BlockConstants<Element, W, P, Interleaved>;

    template <std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE InBlocks load(const Line& l, std::int64_t i, std::index_sequence<B...>) {
      return make_tuple(block<I>::template load<C>(get<B>(l.in) + i / elements_per<I>)...);
    }
    static KOKKOSQUANT_HOST_INLINE InBlocks load(const Line& l, std::int64_t i) { return load(l, i, InSequence{}); }
    template <std::size_t... A, std::size_t... B>
    static KOKKOSQUANT_HOST_INLINE OutBlocks apply(const Element& element, const Constants& k, const InBlocks& in,
                                                   std::index_sequence<A...>, std::index_sequence<B...>) {
      OutBlocks out;
      for (int p = 0; p < P; ++p) element.apply(k.pack[p], get<A>(out).pack[p]..., get<B>(in).pack[p]...);
      return out;
    }
    static KOKKOSQUANT_HOST_INLINE OutBlocks apply(const Element& element, const Constants& k, const InBlocks& in) {
      return apply(element, k, in, OutSequence{}, InSequence{});
    }
    template <std::size_t... A>
    static KOKKOSQUANT_HOST_INLINE void store(const Line& l, std::int64_t i, const OutBlocks& out, std::index_sequence<A...>) {
      (get<A>(out).store(get<A>(l.out) + i / elements_per<O>), ...);
    }
    static KOKKOSQUANT_HOST_INLINE void finish(const Element& element, const Line& l, std::int64_t i, const Constants& k,
                                               const InBlocks& in) {
      store(l, i, apply(element, k, in), OutSequence{});
    }

    // n elements of lines that share their constants. The two last blocks overlap: both are loaded before the first of
    // them is stored, as an output may be an input. (Codes that share a byte must not overlap.)
    template <std::size_t... L, class At>
    static KOKKOSQUANT_HOST_INLINE void span(const HostSweep& s, const Line (&l)[sizeof...(L)], std::int64_t n, At at,
                                             std::index_sequence<L...>) {
      const Element element = s.element;
      if constexpr (Walk::has_packed) return span_bytes(s, l, 0, n, at, std::index_sequence<L...>{});
      std::int64_t i = 0;
      for (; i + 2 * size <= n; i += size) {
        const Constants k = at(i);
        (finish(element, l[L], i, k, load(l[L], i)), ...);
      }
      const Constants k = at(i), k_last = at(n - size);
      const InBlocks in[] = {load(l[L], i)...}, last[] = {load(l[L], n - size)...};
      if (i + size < n) (finish(element, l[L], i, k, in[L]), ...);
      (finish(element, l[L], n - size, k_last, last[L]), ...);
    }

    template <std::size_t... L, class At>
    static KOKKOSQUANT_HOST_INLINE void span_bytes(const HostSweep& s, const Line (&l)[sizeof...(L)], std::int64_t i,
                                                   std::int64_t n, At& at, std::index_sequence<L...>) {
      const Element element = s.element;
      for (; i + size <= n; i += size) {
        const Constants k = at(i);
        (finish(element, l[L], i, k, load(l[L], i)), ...);
      }
      if (i < n) (span_some(s, l[L], i, n, at, OutSequence{}, InSequence{}), ...);
    }

    // The same past the caches: whole cache lines, from the first that starts in the line on; its ends as usual.
    static constexpr bool can_stream = sizeof...(O) == 1 && !(packed_type<O> || ...);
    using T = std::remove_pointer_t<decltype(Line{}.out.head)>;
    static int skew(const Line& l) {  // elements to the next cache line
      const auto address = reinterpret_cast<std::uintptr_t>(l.out.head);
      return static_cast<int>((-address % cache_line) / sizeof(T));
    }
    template <std::size_t... L>
    static bool streams(const HostSweep& s, const Line (&l)[sizeof...(L)], std::int64_t n, std::index_sequence<L...>) {
      return can_stream && s.streaming && n >= host_tuning.streaming_line && ((skew(l[L]) == skew(l[0])) && ...) &&
             reinterpret_cast<std::uintptr_t>(l[0].out.head) % sizeof(T) == 0 && (!Walk::has_packed || skew(l[0]) % size == 0);
    }
    template <std::size_t... L, class At>
    static KOKKOSQUANT_HOST_INLINE void span_streaming(const HostSweep& s, const Line (&l)[sizeof...(L)], std::int64_t n, At at,
                                                       std::index_sequence<L...>) {
      const Element element = s.element;
      const int head = skew(l[0]);
      const auto part = [&](const Line& line, std::int64_t i, const Constants& k, int first, int end) {
        apply(element, k, load(line, i)).head.store_part(line.out.head + i, first, end);
      };
      for (int i = 0; i < head; i += size) {
        const Constants k = at(i);
        (part(l[L], i, k, 0, std::min(size, head - i)), ...);
      }
      std::int64_t i = head;
      for (; i + size <= n; i += size) {
        const Constants k = at(i);
        (apply(element, k, load(l[L], i)).head.store_streaming(l[L].out.head + i), ...);
      }
      if (i == n) return;
      if constexpr (Walk::has_packed) return span_bytes(s, l, i, n, at, std::index_sequence<L...>{});
      const Constants k = at(n - size);
      (part(l[L], n - size, k, static_cast<int>(size - (n - i)), size), ...);
    }

    // Lines that are strided or shorter than a block.
    template <std::size_t... A, std::size_t... B, class At>
    static void span_some(const HostSweep& s, const Line& l, std::int64_t i, std::int64_t n, At at, std::index_sequence<A...>,
                          std::index_sequence<B...>) {
      const auto in_line = [](auto* data, const auto& lines, std::int64_t at_i) {
        return data + at_i / lines.per * lines.inner;
      };
      for (; i < n; i += size) {
        const int m = static_cast<int>(std::min<std::int64_t>(size, n - i));
        const auto in = make_tuple(
            block<I>::template load_some<C>(in_line(get<B>(l.in), get<B>(s.walk.in), i), get<B>(s.walk.in).inner, m)...);
        const auto out = apply(s.element, at(i), in);
        (get<A>(out).store_some(in_line(get<A>(l.out), get<A>(s.walk.out), i), get<A>(s.walk.out).inner, m), ...);
      }
    }

    template <std::size_t... L, class At>
    static void lines(const HostSweep& s, std::int64_t o, std::int64_t i, std::int64_t n, const At& at,
                      std::index_sequence<L...> all) {
      const Line l[] = {s.line(o + static_cast<std::int64_t>(L), i)...};
      if (!s.contiguous || n < size)
        (span_some(s, l[L], 0, n, at, OutSequence{}, InSequence{}), ...);
      else if (streams(s, l, n, all))
        span_streaming(s, l, n, at, all);
      else
        span(s, l, n, at, all);
    }
    using OneLine = std::index_sequence<0>;

    // Lines o0 to o1, each from i on, cell after cell. The constants of a batch of them are computed first.
    static constexpr int batch = host_tuning.batch_cells;
    using BatchTable = ConstantsTable<Element, batch>;
    using InTurn = typename Constants::template OneAfterTheOther<batch>;

    static void cells_in_turn(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i, std::int64_t n) {
      if constexpr (Tiled)
        for (std::int64_t o = o0; o < o1; ++o) tiled_line(s, o, i, n);
      else
        whole_lines(s, o0, o1, i, n);
    }
    // one cell a line
    static void whole_lines(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i, std::int64_t n) {
      constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
      BatchTable table;
      for (std::int64_t o = o0; o < o1; o += batch) {
        const int rows = static_cast<int>(std::min<std::int64_t>(batch, o1 - o));
        if (!table.fill(s.element, 0, rows, [o](const Element& e, int j) { return e.cell_data(o + j, 0); }))
          s.elements(o, o + rows, i, n);
        else if (s.dense && n == s.walk.n_inner && rows * n >= size)
          lines(s, o, 0, rows * n, InTurn{table, 0, n, n}, OneLine{});
        else
          for (int row = 0; row < rows; ++row) lines(s, o + row, i, n, InTurn{table, row, never, never}, OneLine{});
      }
    }
    // several cells a line
    static void tiled_line(const HostSweep& s, std::int64_t o, std::int64_t i, std::int64_t n) {
      BatchTable table;
      const std::int64_t length = s.cell_inner, o_cell = o / s.cell_outer;
      for (std::int64_t end = i + n, next = i; i < end; i = next) {
        const std::int64_t cell = i / length, cells = std::min<std::int64_t>(batch, (end - 1) / length + 1 - cell);
        next = std::min(end, (cell + cells) * length);
        if (table.fill(s.element, 0, static_cast<int>(cells),
                       [o_cell, cell](const Element& e, int j) { return e.cell_data(o_cell, cell + j); }))
          lines(s, o, i, next - i, InTurn{table, 0, (cell + 1) * length - i, length}, OneLine{});
        else
          s.elements(o, o + 1, i, next - i);
      }
    }

    // Lanes differ: a stretch of positions with their constants; the lines that share them are walked outside, several at
    // once.
    static void stretch(const HostSweep& s, std::int64_t o0, std::int64_t o1, std::int64_t i, int n) {
      constexpr int tile = host_tuning.tile_positions + size;  // (packs end beyond the last position)
      constexpr int columns = host_tuning.lines_at_once;
      using At = typename Constants::template OneEach<tile>;
      ConstantsTable<Element, tile> table;
      for (std::int64_t o = o0, end = o0; o < o1; o = end) {
        end = Tiled ? std::min(o1, (o / s.cell_outer + 1) * s.cell_outer) : o1;
        const auto cell_data = [&s, o, i](const Element& e, int j) {
          if constexpr (Tiled)
            return s.cell_data(o, i + j);
          else
            return e.cell_data(o, i + j);
        };
        if (!table.fill(s.element, 0, n, cell_data)) {
          s.elements(o, end, i, n);
          continue;
        }
        for (; o + columns <= end; o += columns) lines(s, o, i, n, At{table}, std::make_index_sequence<columns>{});
        for (; o < end; ++o) lines(s, o, i, n, At{table}, OneLine{});
      }
    }

    // n elements of a line, at most a block, with any strides and any constants, one after the other
    template <std::size_t... A, std::size_t... B>
    static void any(const HostSweep& s, std::int64_t o, std::int64_t i, int n, std::index_sequence<A...>,
                    std::index_sequence<B...>) {
      const Line l = s.line(o, i);
      const auto in = make_tuple(block<I>::template load_some<C>(get<B>(l.in), get<B>(s.walk.in).inner, n)...);
      OutBlocks out{};
      for (int j = 0; j < n; ++j)
        s.element.apply_any(s.element.constants(s.cell_data(o, i + j)), get<A>(out).lane(j)..., get<B>(in).lane(j)...);
      (get<A>(out).store_some(get<A>(l.out), get<A>(s.walk.out).inner, n), ...);
    }
  };

  static constexpr int narrow_width = std::min(native_width, 8), narrow_packs = 8 / narrow_width;

  void elements(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t n) const {
    for (std::int64_t o = o0; o < o1; ++o)
      for (std::int64_t i = i0; i < i0 + n; i += 8)
        Blocks<narrow_width, narrow_packs, false>::any(*this, o, i, static_cast<int>(std::min<std::int64_t>(8, i0 + n - i)),
                                                       OutSequence{}, InSequence{});
  }

  template <int W, int P>
  void rectangle(std::int64_t o0, std::int64_t o1, std::int64_t i0, std::int64_t n) const {
    if (lanes_differ)
      Blocks<W, P, false>::stretch(*this, o0, o1, i0, static_cast<int>(n));
    else
      Blocks<W, P, interleaved && P == 2>::cells_in_turn(*this, o0, o1, i0, n);
  }

  void operator()(const std::int64_t task) const {
    const std::int64_t o0 = task / inner_tasks * task_outer, o1 = std::min(o0 + task_outer, walk.n_outer);
    const std::int64_t i0 = task % inner_tasks * task_inner, n = std::min(task_inner, walk.n_inner - i0);
    constexpr int native_packs = Walk::has_packed ? std::max(2, 8 / native_width) : 2;
    if (by_element)
      elements(o0, o1, i0, n);
    else if (n >= native_packs * native_width || dense)
      rectangle<native_width, native_packs>(o0, o1, i0, n);
    else
      rectangle<narrow_width, narrow_packs>(o0, o1, i0, n);
    if (streaming) end_of_streaming();
  }
};

}  // namespace KokkosQuant::Impl
