// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: exec cannot reach the memory space of q
// expect: KokkosQuant: exec cannot reach the memory space of scale
// expect: KokkosQuant: exec cannot reach the memory space of zero_point
// expect: KokkosQuant: exec cannot reach the memory space of x
#include "Plans.hpp"

static_assert(dequantize<Not<Matrix<int8_t>, Far<const int8_t**>>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(dequantize<Matrix<int8_t>, Not<Vector<float>, Far<float*>>, Vector<int>, Matrix<float>>);
static_assert(dequantize<Matrix<int8_t>, Vector<float>, Not<Vector<int>, Far<int*>>, Matrix<float>>);
static_assert(dequantize<Matrix<int8_t>, Vector<float>, Vector<int>, Not<Matrix<float>, Far<float**>>>);
