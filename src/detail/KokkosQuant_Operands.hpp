// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a kernel sees of its arrays: a pointer and two strides each. Views are gone here, so a functor is small (below CUDA's
// 512 bytes) and trivially copyable whatever a View of this Kokkos version is.
#pragma once

#include <Kokkos_Macros.hpp>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_Float8.hpp"
#include "../KokkosQuant_Granularity.hpp"
#include "../KokkosQuant_PackedTypes.hpp"
#include "../KokkosQuant_Types.hpp"

namespace KokkosQuant::Impl {

// A tuple that device code can use.
template <class... T>
struct Tuple {};
template <class Head, class... Tail>
struct Tuple<Head, Tail...> {
  Head head;
  Tuple<Tail...> tail;
};
template <std::size_t J, class T>
KOKKOS_FORCEINLINE_FUNCTION constexpr auto& get(T& tuple) {
  if constexpr (J == 0)
    return tuple.head;
  else
    return get<J - 1>(tuple.tail);
}
template <class... T>
constexpr Tuple<T...> make_tuple(T... values);
template <>
constexpr Tuple<> make_tuple() {
  return {};
}
template <class Head, class... Tail>
constexpr Tuple<Head, Tail...> make_tuple(Head head, Tail... tail) {
  return {head, make_tuple<Tail...>(tail...)};
}

// An N x D array: element (n, d) stands at data[n * row + d * column]. Of packed codes, data, row and column are those of
// bytes, and the index along the packed axis is divided by the codes a byte.
template <class T>
struct Matrix {
  T* data;
  std::int64_t row, column;
  bool packed_down;  // (packed codes) neighbours in a byte are neighbours in a column, not in a row
};
// The same, turned to the walk: outer loop, inner loop. Packed codes are packed along the inner one.
template <class T>
struct Lines {
  static constexpr std::int64_t per = elements_per<std::remove_const_t<T>>;
  T* data;
  std::int64_t outer, inner;
  KOKKOS_FORCEINLINE_FUNCTION T* at(std::int64_t o, std::int64_t i) const { return data + (o * outer + i / per * inner); }
};

// One value a cell (the elements that share a scale). Along an axis on which it does not change the stride is 0.
template <class T>
struct CellValues {
  using value_type = T;
  const T* data;
  std::int64_t outer, inner;
  KOKKOS_FORCEINLINE_FUNCTION const T& operator()(std::int64_t o, std::int64_t i) const { return data[o * outer + i * inner]; }
  void transpose() { std::swap(outer, inner); }
  void move(std::int64_t o, std::int64_t i) { data += o * outer + i * inner; }
  // Of n cells a line each becomes a line of its own. False, and nothing is changed: they do not follow each other so.
  bool split_lines(std::int64_t lines, std::int64_t n) {
    if (lines > 1 && outer != n * inner) return false;
    outer = std::exchange(inner, 0);
    return true;
  }
};
struct ZeroCellValues {
  KOKKOS_FORCEINLINE_FUNCTION std::int32_t operator()(std::int64_t, std::int64_t) const { return 0; }
  static bool split_lines(std::int64_t, std::int64_t) { return true; }
  void transpose() {}
  void move(std::int64_t, std::int64_t) {}
};

template <class T>
struct stored {
  using type = T;
};
template <element_type T>
struct stored<T> {
  using type = storage_t<T>;
};
template <float8_type T>
struct stored<T> {
  using type = std::uint8_t;
};
// What the elements of a View are stored as: 16-bit types of other libraries are read as ours, float8 codes as their bits.
template <view V>
using stored_t = typename stored<typename V::non_const_value_type>::type;

// Leading extents as one: element j of theirs stands at j * stride, counted in row-major order or in column-major order,
// where their strides allow that.
enum class RowOrder { row_major, column_major };
struct Collapsed {
  std::int64_t extent = 1, stride = 1;
  bool possible = true;
};
// (Views that fit in no memory are refused, but looked at before that.)
inline std::int64_t wrapping_product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
template <view V>
Collapsed collapse(const V& v, int leading, RowOrder order) {
  Collapsed c;
  bool any = false;
  for (int k = 0; k < leading; ++k) {
    const int r = order == RowOrder::row_major ? leading - 1 - k : k;
    const auto extent = static_cast<std::int64_t>(v.extent(r)), stride = static_cast<std::int64_t>(v.stride(r));
    if (extent != 1) {
      if (any) c.possible = c.possible && (c.extent == 0 || extent == 0 || stride == wrapping_product(c.extent, c.stride));
      if (!any) c.stride = stride;
      any = true;
    }
    c.extent = wrapping_product(c.extent, extent);
  }
  return c;
}
// An array of rank 2 or more as rows: the last extent is D.
template <view V>
Collapsed rows_of(const V& v, RowOrder order) {
  return collapse(v, rank_of<V> - 1, order);
}
template <view V>
std::int64_t columns_of(const V& v) {
  return static_cast<std::int64_t>(v.extent(rank_of<V> - 1));
}
// Row-major where that is possible. All arrays of an op are counted as its main one is.
template <view V>
RowOrder row_order(const V& v) {
  return rows_of(v, RowOrder::row_major).possible ? RowOrder::row_major : RowOrder::column_major;
}

// An array for rows x columns elements; packed codes have fewer along one axis.
template <view V>
auto matrix(const V& v, std::int64_t rows, std::int64_t columns, RowOrder order) {
  using T = std::conditional_t<std::is_const_v<typename V::value_type>, const stored_t<V>, stored_t<V>>;
  constexpr std::int64_t per = elements_per<stored_t<V>>;
  const Collapsed n = rows_of(v, order);
  const bool across = n.extent == rows && columns_of(v) == (columns + per - 1) / per;
  return Matrix<T>{reinterpret_cast<T*>(v.data()), n.stride, static_cast<std::int64_t>(v.stride(rank_of<V> - 1)),
                   per > 1 && !across};
}
template <view V>
auto input_matrix(const V& v, std::int64_t rows, std::int64_t columns, RowOrder order) {
  const auto m = matrix(v, rows, columns, order);
  return Matrix<const stored_t<V>>{m.data, m.row, m.column, m.packed_down};
}
template <class Granularity, view V>
auto cell_values(const V& v, RowOrder order) {
  CellValues<stored_t<V>> values{reinterpret_cast<const stored_t<V>*>(v.data()), 0, 0};
  if constexpr (std::is_same_v<Granularity, PerToken>) values.outer = collapse(v, rank_of<V>, order).stride;
  if constexpr (std::is_same_v<Granularity, PerChannel>) values.inner = static_cast<std::int64_t>(v.stride(0));
  if constexpr (is_tiled<Granularity>) {
    values.outer = rows_of(v, order).stride;
    values.inner = static_cast<std::int64_t>(v.stride(rank_of<V> - 1));
  }
  return values;
}
template <class Granularity>
ZeroCellValues cell_values(no_zero_point_t, RowOrder) {
  return {};
}

// The type lists of a kernel.
template <class... T>
struct Outputs {};
template <class... T>
struct Inputs {};

template <class Out, class In>
struct Operands;
template <class>
struct first_type;
template <template <class...> class List, class First, class... Rest>
struct first_type<List<First, Rest...>> {
  using type = First;
};
template <class... O, class... I>
struct Operands<Outputs<O...>, Inputs<I...>> {
  static constexpr bool has_packed = (packed_type<O> || ... || false) || (packed_type<I> || ... || false);
  Tuple<Lines<O>...> out;
  Tuple<Lines<const I>...> in;
  std::int64_t n_outer, n_inner;

  // The same from a later element on; the extents stay.
  KOKKOS_FORCEINLINE_FUNCTION void move(std::int64_t o, std::int64_t i) {
    move(o, i, std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
  }

 private:
  template <std::size_t... A, std::size_t... B>
  KOKKOS_FORCEINLINE_FUNCTION void move(std::int64_t o, std::int64_t i, std::index_sequence<A...>, std::index_sequence<B...>) {
    ((get<A>(out).data = get<A>(out).at(o, i)), ...);
    ((get<B>(in).data = get<B>(in).at(o, i)), ...);
  }
};

// Calls f(lines) for each operand; all of f's answers are true.
template <class... O, class... I, class F>
bool all_of(const Operands<Outputs<O...>, Inputs<I...>>& p, const F& f) {
  const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
    return (f(get<A>(p.out)) && ...) && (f(get<B>(p.in)) && ...);
  };
  return unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
}

// Calls f(lines) for each operand, which it may change.
template <class... O, class... I, class F>
KOKKOS_FORCEINLINE_FUNCTION void change_all(Operands<Outputs<O...>, Inputs<I...>>& p, const F& f) {
  const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
    (f(get<A>(p.out)), ...);
    (f(get<B>(p.in)), ...);
  };
  unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
}

}  // namespace KokkosQuant::Impl
