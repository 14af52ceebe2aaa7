// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {

template <class T>
static void add_backward_of(const SharedArrays& arrays) {
  for (const std::int64_t columns : widths) add_plan<BackwardProblem, T, Right>(arrays, columns);
  for (const std::int64_t columns : widths) add_plan<BackwardProblem, T, Left>(arrays, columns);
  for (const std::int64_t columns : some_widths) add_plan<BackwardProblem, T, Offset>(arrays, columns);
  for (const std::int64_t columns : some_widths) add_plan<BackwardProblem, T, OffsetInputs>(arrays, columns);
  for (const std::int64_t columns : some_widths) add_plan<BackwardProblem, T, Mixed>(arrays, columns);
}

}  // namespace KokkosQuantPerf
