// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: scale is written: its View must not be of const
// expect: KokkosQuant: zero_point is written: its View must not be of const
// expect: KokkosQuant: zero_point must be a Kokkos::View of int with the rank of scale, or KokkosQuant::no_zero_point
// expect: KokkosQuant: scale must have the element type of x, or float where that is a 16-bit type
// expect: KokkosQuant: q is written: its View must not be of const
// expect: KokkosQuant: y is written: its View must not be of const
// expect: KokkosQuant: a DynamicQuantizePerTokenPlan takes DynamicQuantizePerTokenArgs
#include "Plans.hpp"

namespace kq = KokkosQuant;

// True, if it compiles.
template <class X, class Scale, class ZeroPoint, class Q>
constexpr bool dynamic =
    sizeof(kq::DynamicQuantizePerTokenPlan<Exec, kq::DynamicQuantizePerTokenArgs<X, Scale, ZeroPoint, Q>>) > 0;
template <class X, class Scale, class ZeroPoint, class Y>
constexpr bool dynamic_fake =
    sizeof(kq::DynamicFakeQuantizePerGroupPlan<Exec, kq::DynamicFakeQuantizePerGroupArgs<X, Scale, ZeroPoint, Y>>) > 0;

using M = Matrix<float>;
using S = Vector<float>;
using Z = Vector<int>;
using Q = Matrix<int8_t>;
static_assert(dynamic<M, Not<S, Vector<const float>>, Z, Q>);
static_assert(dynamic<M, S, Not<Z, Vector<const int>>, Q>);
static_assert(dynamic<M, S, Not<Z, Vector<float>>, Q>);
static_assert(dynamic<M, S, Not<Z, Vector<std::int64_t>>, Q>);
static_assert(dynamic<M, Not<S, Vector<double>>, no_zero_point_t, Q>);
static_assert(dynamic<M, S, Z, Not<Q, Matrix<const int8_t>>>);
static_assert(dynamic_fake<M, M, Not<no_zero_point_t, Z>, M>);
static_assert(dynamic_fake<M, M, no_zero_point_t, Not<M, Matrix<const float>>>);
static_assert(sizeof(kq::DynamicQuantizePerTokenPlan<
                     Exec, Not<kq::DynamicQuantizePerTokenArgs<M, S, Z, Q>, kq::QuantizePerTokenArgs<M, S, Z, Q>>>) > 0);
