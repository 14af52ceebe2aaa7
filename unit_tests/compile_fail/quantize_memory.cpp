// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: exec cannot reach the memory space of x
// expect: KokkosQuant: exec cannot reach the memory space of scale
// expect: KokkosQuant: exec cannot reach the memory space of zero_point
// expect: KokkosQuant: exec cannot reach the memory space of q
#include "Plans.hpp"

static_assert(quantize<Not<Matrix<float>, Far<float**>>, Vector<float>, Vector<int>, Matrix<int8_t>>);
static_assert(quantize<Matrix<float>, Not<Vector<float>, Far<const float*>>, Vector<int>, Matrix<int8_t>>);
static_assert(quantize<Matrix<float>, Vector<float>, Not<Vector<int>, Far<const int*>>, Matrix<int8_t>>);
static_assert(quantize<Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<int8_t>, Far<int8_t**>>>);
