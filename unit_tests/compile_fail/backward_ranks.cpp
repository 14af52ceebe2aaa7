// expect: KokkosQuant: dy must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: x must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: dx must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: scale must be a Kokkos::View of rank 1 (N)
// expect: KokkosQuant: zero_point must be a Kokkos::View of int of rank 1 (N), or KokkosQuant::no_zero_point
#include "Plans.hpp"

static_assert(backward<Not<Matrix<float>, float**>, Matrix<float>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Not<Matrix<float>, Kokkos::View<float***, Exec>>, Vector<float>, Vector<int>,
                       Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<float>, Vector<float>>>);
static_assert(backward<Matrix<float>, Matrix<float>, Not<Vector<float>, Matrix<float>>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Not<Vector<int>, Matrix<int>>, Matrix<float>>);
