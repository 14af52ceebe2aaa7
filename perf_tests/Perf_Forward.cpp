// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KokkosQuantPerf_Ops.hpp"

namespace KokkosQuantPerf {

template <class T>
static void add_forward_of(const SharedArrays& arrays) {
  for (const std::int64_t columns : some_widths) {
    add_plan<QuantizeProblem, T, Right>(arrays, columns);
    add_plan<QuantizeProblem, T, Left>(arrays, columns);
    add_plan<DequantizeProblem, T, Right>(arrays, columns);
    add_plan<DequantizeProblem, T, Left>(arrays, columns);
  }
}
void add_forward(const SharedArrays& arrays) {
  add_forward_of<double>(arrays);
  add_forward_of<float>(arrays);
  add_forward_of<KokkosQuant::half_t>(arrays);
  add_forward_of<KokkosQuant::bfloat16_t>(arrays);
}

}  // namespace KokkosQuantPerf
