// expect: KokkosQuant: q must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: x must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: scale must be a Kokkos::View of rank 1 (N)
// expect: KokkosQuant: zero_point must be a Kokkos::View of int of rank 1 (N), or KokkosQuant::no_zero_point
#include "Plans.hpp"

static_assert(dequantize<Not<Matrix<int8_t>, int8_t*>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(dequantize<Matrix<int8_t>, Vector<float>, Vector<int>, Not<Matrix<float>, Vector<float>>>);
static_assert(dequantize<Matrix<int8_t>, Not<Vector<float>, Matrix<float>>, Vector<int>, Matrix<float>>);
static_assert(dequantize<Matrix<int8_t>, Vector<float>, Not<Vector<int>, int>, Matrix<float>>);
