// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What quantization does to the elements of each cell: counts, the largest error, the sum of squared errors. A cell's rows are
// lines, each cut into segments of 256 and summed by itself; the lines' sums are a sequence again (KokkosQuant_FixedOrderSum.hpp).
// A column's elements may be its line as well: rows of one element are summed to that element.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "KokkosQuant_CellWalk.hpp"
#include "KokkosQuant_DynamicScale.hpp"
#include "KokkosQuant_ErrorStatistics.hpp"
#include "backend/KokkosQuant_DeviceTuning.hpp"
#include "backend/KokkosQuant_HostErrors.hpp"

namespace KokkosQuant::Impl {

// Result: where they go, RowStatistics. The axes are those of the array, or turned, where cells have one column.
template <class Element, Contract Rules, class T, class Result>
class CellStatistics {
  using C = typename Element::compute;
  using Sum = sum_of<C>;
  using Errors = ErrorOfElement<Element, Rules>;

 public:
  using Part = PartStatistics<C>;
  CellStatistics(const Element& element, const Result& result, const Matrix<const T>& x, std::int64_t rows,
                 std::int64_t columns, const Cells& cells)
      : element_(element), result_(result), x_{x.data, x.row, x.column}, turned_(cells.inner == 1), swaps_(turned_) {
    std::int64_t outer = cells.outer, inner = cells.inner;
    if (turned_) {
      element_.transpose();
      result_.transpose();
      std::swap(x_.outer, x_.inner);
      std::swap(rows, columns);
      std::swap(outer, inner);
    }
    const auto up = [](std::int64_t n, std::int64_t cell) { return (n + cell - 1) / cell; };
    cells_ = {rows, columns, outer, inner, up(rows, outer), up(columns, inner)};
    cells_.cut(1, sum_segment);
  }
  // Later calls of whole_cell() count cells by the other axis first.
  void transpose() { swaps_ = !swaps_; }

  // The statistics of a cell by one thread of the host.
  void whole_cell(std::int64_t co, std::int64_t ci) const {
    if (swaps_) std::swap(co, ci);
    if (is_small()) return store(co, ci, small_cell<true>(co, ci));
    Part all{};
    SumOfSegments<Sum> lines;
    for (std::int64_t line = 0; line < cells_.parts_outer; ++line) {
      SumOfSegments<Sum> segments;
      for (std::int64_t s = 0; s < cells_.parts_inner; ++s) {
        const Part part = segment<true>(co, ci, line, s);
        all.take(part);
        segments.add(part.squares);
      }
      lines.add(segments.sum());
    }
    all.squares = lines.sum();
    store(co, ci, all);
  }

  // Those of all cells, in launches of their own: of segments, and from them up, a thread for up to 256 parts.
  std::size_t workspace_size() const {
    return is_small() ? 0 : static_cast<std::size_t>(each_level([](const auto&...) {})) * sizeof(Part);
  }
  template <class Exec>
  void launch(const Exec& exec, const std::string& label, std::byte* workspace) const {
    const auto launch_threads = [&](std::int64_t threads, const auto& functor) {
      static_assert(sizeof(functor) < 512, "larger functors go through constant memory, with a wait");
      Kokkos::parallel_for(label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(exec, 0, threads), functor);
    };
    constexpr bool on_host = host_space<Exec> && !device_walk_on_host;
    auto* parts = reinterpret_cast<Part*>(workspace);
    std::int64_t last = 0;
    if (!is_small()) {
      launch_threads(cells_.cells() * cells_.parts(), OfSegments<on_host>{*this, parts});
      last = each_level([&](std::int64_t from, std::int64_t lines, std::int64_t terms, std::int64_t to) {
        const std::int64_t segments = segments_of(terms);
        launch_threads(lines * segments, Level{parts + from, terms, segments, parts + to});
      });
      last -= cells_.cells();
    }
    launch_threads(cells_.cells(), OfCells<on_host>{*this, parts + last});
  }

  // (kernels' types: nvcc takes no private ones)
  template <bool OnHost>
  struct OfSegments {
    CellStatistics cells;
    Part* to;
    KOKKOS_FUNCTION void operator()(const std::int64_t i) const {
      const CellWalk& c = cells.cells_;
      // neighbours take neighbours in memory: of columns the next one
      const std::int64_t part = cells.turned_ ? i / c.cells() : i % c.parts();
      const std::int64_t cell = cells.turned_ ? i % c.cells() : i / c.parts();
      to[cell * c.parts() + part] = cells.template segment<OnHost>(cell / c.cells_inner, cell % c.cells_inner,
                                                                   part / c.parts_inner, part % c.parts_inner);
    }
  };
  struct Level {
    const Part* from;
    std::int64_t terms, segments;  // of a line
    Part* to;
    KOKKOS_FUNCTION void operator()(const std::int64_t i) const {
      const std::int64_t line = i / segments, first = i % segments * sum_segment;
      const Part* const parts = from + line * terms + first;
      const int n = terms - first < sum_segment ? static_cast<int>(terms - first) : sum_segment;
      to[i] = joined<C>(n, [=](int j) { return parts[j]; });
    }
  };
  template <bool OnHost>
  struct OfCells {
    CellStatistics cells;
    const Part* from;
    KOKKOS_FUNCTION void operator()(const std::int64_t cell) const {
      const std::int64_t co = cell / cells.cells_.cells_inner, ci = cell % cells.cells_.cells_inner;
      cells.store(co, ci, cells.is_small() ? cells.template small_cell<OnHost>(co, ci) : from[cell]);
    }
  };

 private:
  // f(first part, lines, parts a line, first part of the next level); how many parts there are in all, the cells' last.
  template <class F>
  std::int64_t each_level(const F& f) const {
    std::int64_t from = 0, lines = cells_.cells() * cells_.parts_outer, terms = cells_.parts_inner;
    while (terms > 1 || lines > cells_.cells()) {
      if (terms == 1) {
        terms = cells_.parts_outer;
        lines = cells_.cells();
        if (terms == 1) break;
      }
      const std::int64_t to = from + lines * terms;
      f(from, lines, terms, to);
      from = to;
      terms = segments_of(terms);
    }
    return from + lines * terms;
  }
  KOKKOS_FORCEINLINE_FUNCTION bool is_small() const {
    return cells_.parts_inner == 1 && cells_.parts_outer <= sum_segment && cells_.cell_outer * cells_.cell_inner <= 1024;
  }
  template <bool OnHost>
  KOKKOS_INLINE_FUNCTION Part small_cell(std::int64_t co, std::int64_t ci) const {
    return joined<C>(static_cast<int>(cells_.parts_outer), [&](int line) { return segment<OnHost>(co, ci, line, 0); });
  }
  // A part beyond the array's border is empty, and its sum 0, which changes none.
  KOKKOSQUANT_FOR_PACKS_TOO
  template <bool OnHost>
  KOKKOS_INLINE_FUNCTION Part segment(std::int64_t co, std::int64_t ci, std::int64_t line, std::int64_t s) const {
    const CellWalk::Rectangle r = cells_.part(co, ci, line, s);
    Part all{};
    if (r.o0 >= r.o1) return all;
    const Errors errors(element_, element_.cell_data(co, ci));
    const T* const x = x_.at(r.o0, r.i0);
    if constexpr (OnHost) return host_segment_errors(errors, element_, x, x_.inner, static_cast<int>(r.n));
    all.squares =
        segment_sum<Sum>(static_cast<int>(r.n), [&](int j) { return errors.take(element_, widen<C>(x[j * x_.inner]), all); });
    return all;
  }
  KOKKOS_FORCEINLINE_FUNCTION void store(std::int64_t co, std::int64_t ci, const Part& part) const {
    result_.set(co, ci, {part.below, part.above, part.nan, part.infinite, to_double(part.max_error), total(part.squares, 1.0)});
  }

  Element element_;
  Result result_;
  Lines<const T> x_;
  CellWalk cells_;
  bool turned_, swaps_;
};

// Of ops without.
struct NoCellStatistics {
  void transpose() {}
  void whole_cell(std::int64_t, std::int64_t) const {}
};

}  // namespace KokkosQuant::Impl
