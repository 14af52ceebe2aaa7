// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: q must be a Kokkos::View of std::int8_t, uint8_t, int16_t, uint16_t, int32_t, or of KokkosQuant::int4x2_t, uint4x2_t, int2x4_t, uint2x4_t
// expect: KokkosQuant: x is written: its View must not be of const
// expect: KokkosQuant: x must have an element type of double, float, half_t or bfloat16_t
// expect: KokkosQuant: scale must have the element type of x, or float where that is a 16-bit type
// expect: KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or KokkosQuant::no_zero_point
#include "Plans.hpp"

static_assert(dequantize<Not<Matrix<int8_t>, Matrix<bool>>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(dequantize<Matrix<int8_t>, Vector<float>, Vector<int>, Not<Matrix<float>, Matrix<const float>>>);
static_assert(dequantize<Matrix<int8_t>, Vector<float>, Vector<int>, Not<Matrix<float>, Matrix<int>>>);
static_assert(dequantize<Matrix<int8_t>, Not<Vector<float>, Vector<double>>, Vector<int>, Matrix<float>>);
static_assert(dequantize<Matrix<int8_t>, Vector<float>, Not<Vector<int>, Vector<int8_t>>, Matrix<float>>);
