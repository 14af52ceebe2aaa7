// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: x must have the element type of dx
// expect: KokkosQuant: dy must have the element type of dx
// expect: KokkosQuant: scale must have the element type of dx, or float where that is a 16-bit type
// expect: KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or KokkosQuant::no_zero_point
#include "Plans.hpp"

static_assert(backward<Matrix<half_t>, Not<Matrix<half_t>, Matrix<bfloat16_t>>, Vector<float>, Vector<int>, Matrix<half_t>>);
static_assert(backward<Not<Matrix<half_t>, Matrix<float>>, Matrix<half_t>, Vector<float>, Vector<int>, Matrix<half_t>>);
static_assert(backward<Matrix<half_t>, Matrix<half_t>, Not<Vector<half_t>, Vector<bfloat16_t>>, Vector<int>, Matrix<half_t>>);
static_assert(backward<Matrix<half_t>, Matrix<half_t>, Vector<float>, Not<no_zero_point_t, std::nullptr_t>, Matrix<half_t>>);
