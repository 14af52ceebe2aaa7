// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: q must be a Kokkos::View of std::int16_t or std::int32_t of rank 2 (N x D), or more
// expect: KokkosQuant: misfit_count must be a Kokkos::View of std::int64_t or std::uint64_t of rank 0, or of rank 1 with one
// expect: KokkosQuant: misfit_count is written: its View must not be of const
// expect: KokkosQuant: misfit_mask must be a Kokkos::View of KokkosQuant::mask8_t
// expect: KokkosQuant: x must have an element type of double, float, half_t or bfloat16_t
// expect: KokkosQuant: exec cannot reach the memory space of misfit_count
#include "Plans.hpp"

namespace kq = KokkosQuant;
using kq::mask8_t;
using std::int16_t;
using std::int32_t;
using Count = Kokkos::View<std::int64_t, Exec>;

// True, if it compiles.
template <class X, class Q, class Mask = Matrix<mask8_t>, class Counts = Count>
constexpr bool to_bound = sizeof(kq::QuantizeToErrorBoundPlan<Exec, kq::QuantizeToErrorBoundArgs<X, Q, Mask, Counts>>) > 0;
template <class Q, class X>
constexpr bool from_bound = sizeof(kq::DequantizeFromErrorBoundPlan<Exec, kq::DequantizeFromErrorBoundArgs<Q, X>>) > 0;

static_assert(to_bound<Matrix<float>, Not<Matrix<int16_t>, Matrix<int8_t>>>);
static_assert(from_bound<Not<Matrix<int32_t>, Matrix<std::int64_t>>, Matrix<double>>);
static_assert(to_bound<Not<Matrix<float>, Matrix<int>>, Matrix<int16_t>>);
static_assert(to_bound<Matrix<float>, Matrix<int16_t>, Not<Matrix<mask8_t>, Matrix<bool>>>);
static_assert(to_bound<Matrix<float>, Matrix<int16_t>, Matrix<mask8_t>, Not<Count, Vector<int>>>);
static_assert(to_bound<Matrix<float>, Matrix<int16_t>, Matrix<mask8_t>, Not<Count, Kokkos::View<const std::int64_t, Exec>>>);
static_assert(to_bound<Matrix<float>, Matrix<int16_t>, Matrix<mask8_t>, Not<Count, Far<std::int64_t>>>);
