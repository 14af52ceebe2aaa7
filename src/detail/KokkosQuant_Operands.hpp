// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a kernel sees of its arrays: a pointer and two strides each, and which axis it walks inside. Views are gone here, so
// a functor is small (below CUDA's 512 bytes) and trivially copyable whatever a View of this Kokkos version is.
#pragma once

#include <Kokkos_Macros.hpp>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_Descriptor.hpp"
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

// An N x D array: element (n, d) stands at data[n * row + d * column].
template <class T>
struct Matrix {
  using value_type = T;
  T* data;
  std::int64_t row, column;
};
// The same, turned to the walk: outer loop, inner loop.
template <class T>
struct Lines {
  using value_type = T;
  T* data;
  std::int64_t outer, inner;
  KOKKOS_FORCEINLINE_FUNCTION T* at(std::int64_t o, std::int64_t i) const { return data + (o * outer + i * inner); }
};
// One value a row.
template <class T>
struct Column {
  using value_type = T;
  const T* data;
  std::int64_t stride;
  KOKKOS_FORCEINLINE_FUNCTION const T& operator()(std::int64_t n) const { return data[n * stride]; }
};
struct ZeroColumn {
  KOKKOS_FORCEINLINE_FUNCTION std::int32_t operator()(std::int64_t) const { return 0; }
};

template <class T>
struct stored {
  using type = T;
};
template <element_type T>
struct stored<T> {
  using type = storage_t<T>;
};
// What the elements of a View are stored as: 16-bit types of other libraries are read as ours.
template <view V>
using stored_t = typename stored<typename V::non_const_value_type>::type;

template <view V>
auto matrix(const V& v) {
  using T = std::conditional_t<std::is_const_v<typename V::value_type>, const stored_t<V>, stored_t<V>>;
  return Matrix<T>{reinterpret_cast<T*>(v.data()), static_cast<std::int64_t>(v.stride(0)),
                   static_cast<std::int64_t>(v.stride(1))};
}
template <view V>
auto input_matrix(const V& v) {
  const auto m = matrix(v);
  return Matrix<const stored_t<V>>{m.data, m.row, m.column};
}
template <view V>
auto column(const V& v) {
  return Column<stored_t<V>>{reinterpret_cast<const stored_t<V>*>(v.data()), static_cast<std::int64_t>(v.stride(0))};
}
inline ZeroColumn column(no_zero_point_t) { return {}; }

// The type lists of a kernel.
template <class... T>
struct Outputs {};
template <class... T>
struct Inputs {};

template <class Out, class In>
struct Operands;
template <class... O, class... I>
struct Operands<Outputs<O...>, Inputs<I...>> {
  Tuple<Lines<O>...> out;
  Tuple<Lines<const I>...> in;
  std::int64_t n_outer, n_inner;
  bool rows_inside;  // the inner axis runs over rows (tokens): every lane has the constants of its own row

  // the row of a position
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t row(std::int64_t o, std::int64_t i) const { return rows_inside ? i : o; }
};

// Calls f(lines) for each operand; all of f's answers are true.
template <class... O, class... I, class F>
bool all_of(const Operands<Outputs<O...>, Inputs<I...>>& p, const F& f) {
  const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
    return (f(get<A>(p.out)) && ...) && (f(get<B>(p.in)) && ...);
  };
  return unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
}

// Turns the walk so that the inner axis is contiguous for as many bytes an element as can be; a hint decides where both are.
template <class... O, class... I>
Operands<Outputs<O...>, Inputs<I...>> orient(std::int64_t rows, std::int64_t columns, const Tuple<Matrix<O>...>& out,
                                             const Tuple<Matrix<const I>...>& in, Mapping hint) {
  std::size_t along_columns = 0, along_rows = 0;  // bytes an element that consecutive accesses move
  const auto weigh = [&](const auto& m) {
    along_columns += columns == 1 || m.column == 1 ? sizeof(*m.data) : 0;
    along_rows += rows == 1 || m.row == 1 ? sizeof(*m.data) : 0;
  };
  const auto unpacked = [&]<std::size_t... A, std::size_t... B>(std::index_sequence<A...>, std::index_sequence<B...>) {
    (weigh(get<A>(out)), ...);
    (weigh(get<B>(in)), ...);
    const bool tokens = hint == Mapping::packs_of_tokens || (hint != Mapping::packs && columns == 1);
    const bool rows_inside = along_rows > along_columns || (along_rows == along_columns && tokens);
    const auto turn = [&](const auto& m) {
      // an axis of one element has any stride: call it contiguous
      const std::int64_t row = rows == 1 ? 1 : m.row, column = columns == 1 ? 1 : m.column;
      return Lines<std::remove_pointer_t<decltype(m.data)>>{m.data, rows_inside ? column : row, rows_inside ? row : column};
    };
    return Operands<Outputs<O...>, Inputs<I...>>{make_tuple(turn(get<A>(out))...), make_tuple(turn(get<B>(in))...),
                                                 rows_inside ? columns : rows, rows_inside ? rows : columns, rows_inside};
  };
  return unpacked(std::index_sequence_for<O...>{}, std::index_sequence_for<I...>{});
}

}  // namespace KokkosQuant::Impl
