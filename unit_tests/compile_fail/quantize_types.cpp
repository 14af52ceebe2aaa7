// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: x must have an element type of double, float, half_t or bfloat16_t
// expect: KokkosQuant: q is written: its View must not be of const
// expect: KokkosQuant: q must be a Kokkos::View of std::int8_t, uint8_t, int16_t, uint16_t, int32_t, or of KokkosQuant::int4x2_t, uint4x2_t, int2x4_t, uint2x4_t
// expect: KokkosQuant: scale must have the element type of x, or float where that is a 16-bit type
// expect: KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or KokkosQuant::no_zero_point
#include "Plans.hpp"

static_assert(quantize<Not<Matrix<float>, Matrix<int>>, Vector<float>, Vector<int>, Matrix<int8_t>>);
static_assert(quantize<Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<int8_t>, Matrix<const int8_t>>>);
static_assert(quantize<Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<uint8_t>, Matrix<bool>>>);
static_assert(quantize<Matrix<float>, Not<Vector<float>, Vector<half_t>>, Vector<int>, Matrix<int8_t>>);
static_assert(quantize<Matrix<float>, Vector<float>, Not<Vector<int>, Vector<float>>, Matrix<int8_t>>);
