// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: mask must be a Kokkos::View of KokkosQuant::mask8_t
// expect: KokkosQuant: mask is written: its View must not be of const
// expect: KokkosQuant: q must be a Kokkos::View of std::int8_t, uint8_t, int16_t, uint16_t, int32_t, or of
#include "Plans.hpp"

namespace kq = KokkosQuant;
using kq::mask8_t;

// True, if it compiles.
template <class Mask>
constexpr bool with_mask =
    sizeof(kq::FakeQuantizePerTokenWithMaskPlan<
           Exec, kq::FakeQuantizePerTokenWithMaskArgs<Matrix<float>, Vector<float>, no_zero_point_t, Matrix<float>, Mask>>) > 0;
template <class Mask>
constexpr bool from_mask =
    sizeof(
        kq::FakeQuantizeBackwardFromMaskPlan<Exec, kq::FakeQuantizeBackwardFromMaskArgs<Matrix<float>, Mask, Matrix<float>>>) >
    0;
template <class Q>
constexpr bool from_codes =
    sizeof(
        kq::FakeQuantizeBackwardFromCodesPlan<Exec, kq::FakeQuantizeBackwardFromCodesArgs<Matrix<float>, Q, Matrix<float>>>) >
    0;

static_assert(with_mask<Not<Matrix<mask8_t>, Matrix<uint8_t>>>);
static_assert(with_mask<Not<Matrix<mask8_t>, Matrix<const mask8_t>>>);
static_assert(from_mask<Not<Matrix<mask8_t>, Matrix<bool>>>);
static_assert(from_codes<Not<Matrix<int8_t>, Matrix<double>>>);
static_assert(from_codes<Not<Matrix<kq::int4x2_t>, Matrix<mask8_t>>>);
static_assert(quantize<Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<kq::uint2x4_t>, Matrix<double>>>);
static_assert(quantize<Matrix<float>, Vector<float>, Vector<int>, Not<Matrix<std::int32_t>, Matrix<std::int64_t>>>);
