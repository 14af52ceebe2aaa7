// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How this example launches its kernels: all on one instance, with indices of int.
#pragma once

#include "types.hpp"

namespace train_digits {

// The indices 0..count-1, for kernels of a thread a row or a thread a column.
inline Kokkos::RangePolicy<Exec, Kokkos::IndexType<int>> each(const Exec& exec, int count) { return {exec, 0, count}; }

// Calls f(row, column) for all elements of a matrix of this shape.
template <class F>
void for_each_element(const char* label, const Exec& exec, const Matrix& shape, const F& f) {
  Kokkos::parallel_for(label,
                       Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>, Kokkos::IndexType<int>>(
                           exec, {0, 0}, {shape.extent_int(0), shape.extent_int(1)}),
                       f);
}

}  // namespace train_digits
