// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Run-time checks of a plan's arguments. The first that fails leaves its message: what was given, what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "../KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Message.hpp"
#include "KokkosQuant_Operands.hpp"
#include "KokkosQuant_Overlap.hpp"
#include "KokkosQuant_Requirements.hpp"

namespace KokkosQuant::Impl {

template <view V>
Footprint footprint(const V& v, RowOrder order) {
  const auto size = static_cast<std::int64_t>(sizeof(typename V::value_type));
  Footprint f{reinterpret_cast<std::uintptr_t>(v.data()), size, {1, 1}, {0, 0}};
  if constexpr (rank_of<V> >= 1) {
    const Collapsed rows = rows_of(v, order);
    f.extent = {rows.extent, columns_of(v)};
    // (the stride of an axis of one element may be any number)
    if (rows.extent > 1) f.stride[0] = rows.stride * size;
    if (f.extent[1] > 1) f.stride[1] = static_cast<std::int64_t>(v.stride(rank_of<V> - 1)) * size;
  }
  return f;
}

// How many its extents name. (Kokkos 5 says of a View of null that it has none.)
template <view V>
std::size_t elements_named(const V& v) {
  std::size_t n = 1;
  for (int r = 0; r < rank_of<V>; ++r) n *= static_cast<std::size_t>(v.extent(r));
  return n;
}

// order: how rows are counted in arrays of more than two extents.
class Checks {
 public:
  explicit Checks(RowOrder order) : order_(order) {}
  Status status() const { return failed_ ? Status(message_) : Status(); }

  template <class... Part>  // (by value: texts of any length are one type)
  void expect(bool holds, Part... parts) {
    if (holds || failed_) return;
    message_ = message_of({MessagePart(parts)...});
    failed_ = true;
  }

  void range(const QuantizeDescriptor& d) {
    expect(d.q_min <= d.q_max, "q_min is ", d.q_min, " and q_max is ", d.q_max, ": expected q_min <= q_max");
  }
  template <code_type Q>
  void range_fits(const char* name, const QuantizeDescriptor& d) {
    constexpr std::int32_t lowest = code_limits<Q>::lowest, highest = code_limits<Q>::highest;
    expect(d.q_min >= lowest && d.q_max <= highest, "q_min is ", d.q_min, " and q_max is ", d.q_max,
           ": expected a range within ", lowest, " to ", highest, ", which the element type of ", name, " holds");
  }
  // No more than addresses reach: all arithmetic below is within 64 bits then.
  template <class V>
  void addressable(const char* name, const V& v) {
    if constexpr (view<V>) {
      constexpr int128_t most = int128_t(1) << 60;
      int128_t span = sizeof(typename V::value_type);
      bool fits = true, any = true;
      for (int r = 0; r < rank_of<V>; ++r) {
        const int128_t extent = v.extent(r), stride = v.stride(r);
        fits = fits && extent <= most && (extent <= 1 || stride <= most);
        any = any && extent != 0;
        if (fits && extent > 1) span += (extent - 1) * stride * static_cast<int>(sizeof(typename V::value_type));
      }
      expect(fits && (!any || span <= most), name, " is ", shape(v), " with strides ", strides(v),
             ": expected an array that fits in memory (2^60 bytes)");
    }
  }
  template <view A, view B>
  void same_extents(const char* name_a, const A& a, const char* name_b, const B& b) {
    collapses(name_a, a);
    collapses(name_b, b);
    expect(rows(a) == rows(b) && columns_of(a) == columns_of(b), name_a, " is ", shape(a), " and ", name_b, " is ", shape(b),
           ": expected the same extents");
  }
  // Codes or flags q for the elements of x: packed ones are fewer along one axis.
  template <view Q, view X>
  void one_an_element(const char* name_q, const Q& q, const char* name_x, const X& x) {
    using P = element_of<Q>;
    if constexpr (packed_type<P>) {
      collapses(name_q, q);
      addressable(name_x, x);
      const std::int64_t n = rows(x), d = columns_of(x), q0 = rows(q), q1 = columns_of(q);
      const std::int64_t across = packed_extent<P>(d), down = packed_extent<P>(n);
      expect((q0 == n && q1 == across) || (q0 == down && q1 == d), name_q, " is ", shape(q), " and ", name_x, " is ", shape(x),
             ": expected ", P::per_byte, " elements a byte along the rows, ", n, " x ", across, ", or along the columns, ",
             down, " x ", d);
    } else {
      same_extents(name_q, q, name_x, x);
    }
  }
  // scale or zero_point: as many as there are cells
  template <class A, view X>
  void one_a_cell(const char* name_a, const A& a, PerTensor, const char* name_x, const X& x) {
    if constexpr (view<A>)
      expect(elements_named(a) == 1, name_a, " has ", shape(a), " elements and ", name_x, " is ", shape(x),
             ": expected one for all");
  }
  template <class A, view X>
  void one_a_cell(const char* name_a, const A& a, PerChannel, const char* name_x, const X& x) {
    if constexpr (view<A>)
      expect(static_cast<std::int64_t>(a.extent(0)) == columns_of(x), name_a, " has ", shape(a), " elements and ", name_x,
             " is ", shape(x), ": expected one for each column, ", columns_of(x));
  }
  template <class A, view X>
  void one_a_cell(const char* name_a, const A& a, PerToken, const char* name_x, const X& x) {
    if constexpr (view<A>)
      expect(collapse(a, rank_of<A>, order_).possible && collapse(a, rank_of<A>, order_).extent == rows(x), name_a, " has ",
             shape(a), " elements and ", name_x, " is ", shape(x), ": expected one for each row, ", rows(x));
  }
  template <class A, view X>
  void one_a_cell(const char* name_a, const A& a, PerGroup g, const char* name_x, const X& x) {
    expect(g.columns >= 1, "group.columns is ", g.columns, ": expected at least 1");
    if (!failed_) tiles(name_a, a, 1, g.columns, "group of ", name_x, x);
  }
  template <class A, view X>
  void one_a_cell(const char* name_a, const A& a, PerBlock b, const char* name_x, const X& x) {
    expect(b.rows >= 1 && b.columns >= 1, "block is ", b.rows, " x ", b.columns, ": expected at least 1 x 1");
    if (!failed_) tiles(name_a, a, b.rows, b.columns, "block of ", name_x, x);
  }
  // scale and zero_point, where the op has them
  template <class Args, class Granularity, view X>
  void cells(const Args& args, const Granularity& granularity, const char* name_x, const X& x) {
    addressable("scale", args.scale);
    one_a_cell("scale", args.scale, granularity, name_x, x);
    has_data("scale", args.scale);
    if constexpr (requires { args.zero_point; }) {
      addressable("zero_point", args.zero_point);
      one_a_cell("zero_point", args.zero_point, granularity, name_x, x);
      has_data("zero_point", args.zero_point);
    }
  }
  template <view Out, class Args>
  void apart_from_cells(const char* name_out, const Out& out, const Args& args) {
    apart(name_out, out, "scale", args.scale);
    if constexpr (requires { args.zero_point; }) apart(name_out, out, "zero_point", args.zero_point);
  }
  template <class V>
  void has_data(const char* name, const V& v) {
    if (failed_) return;
    if constexpr (view<V>) {
      constexpr std::size_t alignment = alignof(typename V::value_type);
      expect(v.data() != nullptr || is_empty(footprint(v, order_)), name, " is ", shape(v),
             " but its data is null: expected memory");
      expect(reinterpret_cast<std::uintptr_t>(v.data()) % alignment == 0, name, " starts at an address that is no multiple of ",
             alignment, " bytes: expected elements that are aligned");
    }
  }

  // An output that two threads would write, or write and read.
  template <view V>
  void own_elements(const char* name, const V& v) {
    if (failed_) return;
    const Shared shared = shares_with_itself(footprint(v, order_));
    expect(shared == Shared::no, name, " is written and has strides ", rows_of(v, order_).stride, ", ",
           v.stride(rank_of<V> - 1), " at extents ", shape(v), ", by which elements ", certainty(shared),
           " share memory: expected one place for each element");
  }
  template <view Out, class In>
  void apart(const char* name_out, const Out& out, const char* name_in, const In& in) {
    if constexpr (view<In>) {
      if (failed_) return;
      const Shared shared = share_bytes(footprint(out, order_), footprint(in, order_));
      expect(shared == Shared::no, name_out, " is written and ", certainty(shared), " shares memory with ", name_in,
             ": expected arrays with no element in common");
    }
  }
  template <view Out, view In>
  void apart_or_same(const char* name_out, const Out& out, const char* name_in, const In& in) {
    if (failed_) return;
    const Footprint a = footprint(out, order_), b = footprint(in, order_);
    bool same = a.address == b.address && a.size == b.size;
    for (std::size_t r = 0; r < 2; ++r)
      same = same && a.extent[r] == b.extent[r] && (a.extent[r] <= 1 || a.stride[r] == b.stride[r]);
    if (same) return;
    const Shared shared = share_bytes(a, b);
    expect(shared == Shared::no, name_out, " is written and ", certainty(shared), " shares memory with ", name_in,
           ": expected exactly the same data and strides (in place), or no element in common");
  }

 private:
  template <view V>
  std::int64_t rows(const V& v) const {
    return rows_of(v, order_).extent;
  }
  template <view V>
  void collapses(const char* name, const V& v) {
    addressable(name, v);
    if constexpr (rank_of < V >> 2) {
      expect(rows_of(v, order_).possible, name, " is ", shape(v), " with strides ", strides(v),
             ": expected extents before the last that follow each other without gaps, in the order in which those of the other "
             "arrays do, so that they are rows");
    }
  }
  template <class A, view X>
  void tiles(const char* name_a, const A& a, std::int64_t rows, std::int64_t columns, const char* what, const char* name_x,
             const X& x) {
    if constexpr (view<A>) {
      const auto up = [](std::int64_t n, std::int64_t cell) { return n / cell + (n % cell != 0 ? 1 : 0); };
      const std::int64_t n = up(this->rows(x), rows);
      const std::int64_t d = up(columns_of(x), columns);
      collapses(name_a, a);
      expect(this->rows(a) == n && columns_of(a) == d, name_a, " is ", shape(a), " and ", name_x, " is ", shape(x),
             ": expected one for each ", what, rows, " x ", columns, ", ", n, " x ", d);
    }
  }
  static const char* certainty(Shared shared) { return shared == Shared::undecided ? "possibly" : "certainly"; }

  RowOrder order_;
  bool failed_ = false;
  std::string message_;
};

}  // namespace KokkosQuant::Impl
