// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: exec cannot reach the memory space of dy
// expect: KokkosQuant: exec cannot reach the memory space of x
// expect: KokkosQuant: exec cannot reach the memory space of scale
// expect: KokkosQuant: exec cannot reach the memory space of zero_point
// expect: KokkosQuant: exec cannot reach the memory space of dx
#include "Plans.hpp"

static_assert(backward<Not<Matrix<float>, Far<float**>>, Matrix<float>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Not<Matrix<float>, Far<const float**>>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Not<Vector<float>, Far<float*>>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Not<Vector<int>, Far<int*>>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<float>, Far<float**>>>);
