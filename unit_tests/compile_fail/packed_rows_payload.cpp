// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: the descriptor says what rows are sent as: it must be a KokkosQuant::RowsAs<code>
// expect: KokkosQuant: scale is given, but rows that are sent as floating-point numbers or within an error bound have no scale
// expect: KokkosQuant: float8 codes have no zero point: zero_point must be KokkosQuant::no_zero_point
// expect: row_code
#include "Plans.hpp"

namespace kq = KokkosQuant;
using kq::RowsAs;
using kq::RowsWithin;
using Bytes = Vector<std::byte>;
using Rows = Vector<int>;

// True, if it compiles.
template <class Descriptor, class... Scale>
constexpr bool pack = sizeof(kq::PackRowsPlan<Exec, kq::PackRowsArgs<Matrix<float>, Rows, Bytes, Scale...>, Descriptor>) > 0;
template <class Descriptor>
constexpr bool unpack = sizeof(kq::UnpackRowsPlan<Exec, kq::UnpackRowsArgs<Bytes, Rows, Matrix<float>>, Descriptor>) > 0;

static_assert(pack<Not<RowsAs<int8_t>, kq::QuantizeDescriptor>>);
static_assert(unpack<Not<RowsWithin, kq::ErrorBound>>);
static_assert(pack<Not<RowsAs<std::int16_t>, RowsWithin>, Vector<float>>);
static_assert(pack<Not<RowsAs<int8_t>, RowsAs<float>>, Vector<float>>);
static_assert(pack<RowsAs<kq::float8_e4m3_t>, Vector<float>, Not<no_zero_point_t, Vector<int>>>);
#ifndef KOKKOSQUANT_EXPECT_SUCCESS
static_assert(unpack<RowsAs<uint8_t>>);  // no kind of codes
#endif
