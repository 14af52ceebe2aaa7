// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: dscale must be a Kokkos::View with the rank and the element type of scale, not of const
// expect: KokkosQuant: dzero_point must be a Kokkos::View with the rank and the element type of scale, not of const, or
// expect: KokkosQuant: scale must have the element type of dx, or float where that is a 16-bit type
// expect: KokkosQuant: exec cannot reach the memory space of dscale
// expect: KokkosQuant: x must have the element type of dx
#include "Plans.hpp"

namespace kq = KokkosQuant;

// True, if it compiles.
template <class X, class Scale, class DScale, class DZeroPoint>
constexpr bool per_token = sizeof(kq::LearnableFakeQuantizePerTokenBackwardPlan<
                                  Exec, kq::LearnableFakeQuantizePerTokenBackwardArgs<Matrix<float>, X, Scale, no_zero_point_t,
                                                                                      Matrix<float>, DScale, DZeroPoint>>) > 0;
using kq::no_output_t;

static_assert(per_token<Matrix<float>, Vector<float>, Not<Vector<float>, Vector<double>>, no_output_t>);
static_assert(per_token<Matrix<float>, Vector<float>, Not<Vector<float>, Vector<const float>>, Vector<float>>);
static_assert(per_token<Matrix<float>, Vector<float>, Vector<float>, Not<Vector<float>, Vector<int>>>);
static_assert(per_token<Matrix<float>, Vector<float>, Vector<float>, Not<no_output_t, no_zero_point_t>>);
static_assert(per_token<Matrix<float>, Not<Vector<float>, Vector<double>>, Vector<float>, Vector<float>>);
static_assert(per_token<Matrix<float>, Vector<float>, Not<Vector<float>, Far<float*>>, Vector<float>>);
static_assert(per_token<Not<Matrix<float>, Matrix<half_t>>, Vector<float>, Vector<float>, Vector<float>>);
