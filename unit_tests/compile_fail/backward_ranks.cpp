// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: dy must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: x must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: dx must be a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: scale must be a Kokkos::View of rank 0 or 1 (per tensor), 1 (per token: N, per channel: D) or 2 (per group: N x groups, per block: blocks x blocks)
// expect: KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or KokkosQuant::no_zero_point
#include "Plans.hpp"

static_assert(backward<Not<Matrix<float>, float**>, Matrix<float>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Not<Matrix<float>, Vector<float>>, Vector<float>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<float>, Vector<float>>>);
static_assert(
    backward<Matrix<float>, Matrix<float>, Not<Vector<float>, Kokkos::View<float, Exec>>, Vector<int>, Matrix<float>>);
static_assert(backward<Matrix<float>, Matrix<float>, Vector<float>, Not<Vector<int>, Kokkos::View<int, Exec>>, Matrix<float>>);
