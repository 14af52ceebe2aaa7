// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: x must be a Kokkos::View of rank 2 (N x D), or more
// expect: KokkosQuant: x has rank 3 or more: rows are those of a Kokkos::View of rank 2 (N x D)
// expect: KokkosQuant: x must have an element type of double, float, half_t or bfloat16_t
// expect: KokkosQuant: rows must be a Kokkos::View of std::int32_t or std::int64_t of rank 1
// expect: KokkosQuant: buffer must be a Kokkos::View<std::byte*>, or of another type of one byte, of rank 1
// expect: KokkosQuant: scale must have the element type of x, or float where that is a 16-bit type
// expect: KokkosQuant: scale must be a Kokkos::View of rank 1, or not be given
// expect: KokkosQuant: zero_point must be a Kokkos::View of int
// expect: KokkosQuant: x is written: its View must not be of const
// expect: KokkosQuant: buffer is written: its View must not be of const
// expect: KokkosQuant: a UnpackRowsPlan takes UnpackRowsArgs
#include "Plans.hpp"

namespace kq = KokkosQuant;
using std::int32_t;
using Bytes = Vector<std::byte>;
using Rows = Vector<const int32_t>;

// True, if it compiles.
template <class X, class R = Rows, class Buffer = Bytes, class... Scale>
constexpr bool pack = sizeof(kq::PackRowsPlan<Exec, kq::PackRowsArgs<X, R, Buffer, Scale...>>) > 0;
template <class X, class R = Rows, class Buffer = Bytes>
constexpr bool unpack = sizeof(kq::UnpackRowsPlan<Exec, kq::UnpackRowsArgs<Buffer, R, X>>) > 0;
template <class X, class R = Rows, class Buffer = Bytes>
constexpr bool unpack_add = sizeof(kq::UnpackAddRowsPlan<Exec, kq::UnpackAddRowsArgs<Buffer, R, X>>) > 0;

using M = Matrix<float>;
static_assert(pack<Not<M, Vector<float>>>);
static_assert(unpack<Not<M, Kokkos::View<float***, Exec>>>);
static_assert(pack<Not<M, Matrix<int>>>);
static_assert(unpack_add<Not<M, Matrix<std::int64_t>>>);
static_assert(pack<M, Not<Rows, Vector<float>>>);
static_assert(unpack<M, Not<Vector<const std::int64_t>, Vector<std::size_t>>>);
static_assert(unpack_add<M, Not<Rows, Matrix<int>>>);
static_assert(pack<M, Rows, Not<Bytes, Vector<float>>>);
static_assert(unpack<M, Rows, Not<Bytes, Matrix<std::byte>>>);
static_assert(unpack_add<M, Rows, Not<Vector<const unsigned char>, std::byte*>>);
static_assert(pack<M, Rows, Bytes, Not<Vector<float>, Vector<double>>>);
static_assert(pack<M, Rows, Bytes, Not<kq::found_scale_t, float>>);
static_assert(pack<M, Rows, Bytes, Vector<float>, Not<Vector<int>, Vector<float>>>);
static_assert(unpack<Not<M, Matrix<const float>>>);
static_assert(unpack_add<Not<M, Matrix<const float>>>);
static_assert(pack<Matrix<const float>, Rows, Not<Bytes, Vector<const std::byte>>>);
static_assert(sizeof(kq::UnpackRowsPlan<Exec, Not<kq::UnpackRowsArgs<Bytes, Rows, M>, kq::UnpackAddRowsArgs<Bytes, Rows, M>>>) >
              0);
