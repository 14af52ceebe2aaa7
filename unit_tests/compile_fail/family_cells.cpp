// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: scale must be a Kokkos::View of rank 0 or 1 (per tensor)
// expect: KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or KokkosQuant::no_zero_point
#include "Plans.hpp"

namespace kq = KokkosQuant;

// True, if it compiles.
template <class Scale, class ZeroPoint>
constexpr bool per_tensor =
    sizeof(kq::QuantizePerTensorPlan<Exec, kq::QuantizePerTensorArgs<Matrix<float>, Scale, ZeroPoint, Matrix<int8_t>>>) > 0;
template <class Scale, class ZeroPoint>
constexpr bool per_channel =
    sizeof(kq::QuantizePerChannelPlan<Exec, kq::QuantizePerChannelArgs<Matrix<float>, Scale, ZeroPoint, Matrix<int8_t>>>) > 0;
template <class Scale, class ZeroPoint>
constexpr bool per_group =
    sizeof(kq::QuantizePerGroupPlan<Exec, kq::QuantizePerGroupArgs<Matrix<float>, Scale, ZeroPoint, Matrix<int8_t>>>) > 0;

static_assert(per_tensor<Not<Vector<float>, Matrix<float>>, no_zero_point_t>);
static_assert(per_tensor<Kokkos::View<float, Exec>, Not<Kokkos::View<int, Exec>, Matrix<int>>>);
static_assert(per_channel<Not<Vector<float>, Matrix<float>>, no_zero_point_t>);
static_assert(per_channel<Vector<float>, Not<Vector<int>, Kokkos::View<int, Exec>>>);
static_assert(per_group<Not<Matrix<float>, Vector<float>>, no_zero_point_t>);
static_assert(per_group<Matrix<float>, Not<Matrix<int>, Vector<int>>>);
