// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KokkosQuantPerf_Backward.hpp"

void KokkosQuantPerf::add_backward_16bit(const SharedArrays& arrays) {
  add_backward_of<KokkosQuant::half_t>(arrays);
  add_backward_of<KokkosQuant::bfloat16_t>(arrays);
}
