// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: float8 codes have no zero point: zero_point must be KokkosQuant::no_zero_point
// expect: KokkosQuant: q has float8 codes, which have no integer range: the descriptor must be a KokkosQuant::Float8Descriptor
// expect: KokkosQuant: q has integer codes: the descriptor must be a KokkosQuant::QuantizeDescriptor{q_min, q_max}
// expect: KokkosQuant: there is no q that names a format: the descriptor must be a KokkosQuant::Float8DescriptorOf<
// expect: KokkosQuant: there is no q that names a format: the descriptor must be a KokkosQuant::DynamicFloat8DescriptorOf<
// expect: KokkosQuant: where q has float8 codes, and only there, the descriptor must be a KokkosQuant::DynamicFloat8Descriptor
// expect: KokkosQuant: q is written: its View must not be of const
// expect: KokkosQuant: q must be a Kokkos::View of std::int8_t, uint8_t, int16_t, uint16_t, int32_t, or of
#include "Plans.hpp"

namespace kq = KokkosQuant;
using kq::float8_e4m3_t;
using kq::float8_e5m2_t;
using kq::Float8Descriptor;
using kq::QuantizeDescriptor;

// True, if it compiles.
template <class Q, class Descriptor, class ZeroPoint = no_zero_point_t>
constexpr bool to_codes =
    sizeof(kq::QuantizePerTokenPlan<Exec, kq::QuantizePerTokenArgs<Matrix<float>, Vector<float>, ZeroPoint, Q>, Descriptor>) >
    0;
template <class Q, class Descriptor, class ZeroPoint = no_zero_point_t>
constexpr bool from_codes =
    sizeof(
        kq::DequantizePerTokenPlan<Exec, kq::DequantizePerTokenArgs<Q, Vector<float>, ZeroPoint, Matrix<float>>, Descriptor>) >
    0;

template <class Descriptor, class ZeroPoint = no_zero_point_t>
constexpr bool through_codes =
    sizeof(kq::FakeQuantizePerTokenPlan<
           Exec, kq::FakeQuantizePerTokenArgs<Matrix<float>, Vector<float>, ZeroPoint, Matrix<float>>, Descriptor>) > 0;

static_assert(through_codes<Not<kq::Float8DescriptorOf<float8_e5m2_t>, Float8Descriptor>>);
static_assert(through_codes<kq::Float8DescriptorOf<float8_e4m3_t>, Not<no_zero_point_t, Vector<int>>>);
// scales found from the data
template <class Q, class Descriptor>
constexpr bool dynamic =
    sizeof(kq::DynamicQuantizePerTokenPlan<
           Exec, kq::DynamicQuantizePerTokenArgs<Matrix<float>, Vector<float>, no_zero_point_t, Q>, Descriptor>) > 0;
template <class Descriptor, class ZeroPoint = no_zero_point_t>
constexpr bool dynamic_fake =
    sizeof(kq::DynamicFakeQuantizePerTokenPlan<
           Exec, kq::DynamicFakeQuantizePerTokenArgs<Matrix<float>, Vector<float>, ZeroPoint, Matrix<float>>, Descriptor>) > 0;
using OfE4M3 = kq::DynamicFloat8DescriptorOf<float8_e4m3_t>;
static_assert(dynamic<Matrix<float8_e4m3_t>, Not<kq::DynamicFloat8Descriptor, kq::DynamicQuantizeDescriptor>>);
static_assert(dynamic<Matrix<float8_e4m3_t>, Not<kq::DynamicFloat8Descriptor, OfE4M3>>);
static_assert(dynamic<Matrix<int8_t>, Not<kq::DynamicQuantizeDescriptor, OfE4M3>>);
static_assert(dynamic_fake<Not<OfE4M3, kq::DynamicFloat8Descriptor>>);
static_assert(dynamic_fake<OfE4M3, Not<no_zero_point_t, Vector<int>>>);
static_assert(to_codes<Matrix<float8_e4m3_t>, Float8Descriptor, Not<no_zero_point_t, Vector<int>>>);
static_assert(from_codes<Matrix<float8_e5m2_t>, Float8Descriptor, Not<no_zero_point_t, Vector<int>>>);
static_assert(to_codes<Matrix<float8_e5m2_t>, Not<Float8Descriptor, QuantizeDescriptor>>);
static_assert(from_codes<Matrix<float8_e4m3_t>, Not<Float8Descriptor, QuantizeDescriptor>>);
static_assert(from_codes<Matrix<float8_e5m2_t>, Not<Float8Descriptor, kq::QuantizeDescriptorOf<kq::contracts::onnx>>>);
static_assert(to_codes<Matrix<int8_t>, Not<QuantizeDescriptor, Float8Descriptor>>);
static_assert(from_codes<Matrix<int8_t>, Not<QuantizeDescriptor, Float8Descriptor>>);
static_assert(to_codes<Not<Matrix<float8_e4m3_t>, Matrix<const float8_e4m3_t>>, Float8Descriptor>);
// an op with integer codes alone
static_assert(
    sizeof(kq::FakeQuantizeBackwardFromCodesPlan<
           Exec,
           kq::FakeQuantizeBackwardFromCodesArgs<Matrix<float>, Not<Matrix<int8_t>, Matrix<float8_e4m3_t>>, Matrix<float>>>) >
    0);
