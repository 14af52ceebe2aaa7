// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KokkosQuantPerf_Backward.hpp"

void KokkosQuantPerf::add_backward(const SharedArrays& arrays) {
  add_backward_of<double>(arrays);
  add_backward_of<float>(arrays);
}
