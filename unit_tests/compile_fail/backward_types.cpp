// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: dx is written: its View must not be of const
// expect: KokkosQuant: dx must have an element type of double, float, half_t or bfloat16_t
// expect: KokkosQuant: dy must have the element type of dx
// expect: KokkosQuant: x must have the element type of dx
// expect: KokkosQuant: scale must have the element type of dx, or float where that is a 16-bit type
// expect: KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or KokkosQuant::no_zero_point
#include "Plans.hpp"

static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<float>, Matrix<const float>>>);
static_assert(backward<Not<Matrix<float>, Matrix<int>>, Not<Matrix<float>, Matrix<int>>, Not<Vector<float>, Vector<int>>,
                       Vector<int>, Not<Matrix<float>, Matrix<int>>>);
static_assert(backward<Not<Matrix<float>, Matrix<double>>, Matrix<float>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Not<Matrix<float>, Matrix<half_t>>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Not<Vector<float>, Vector<double>>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Not<Vector<int>, Vector<long>>, Matrix<float>>);
