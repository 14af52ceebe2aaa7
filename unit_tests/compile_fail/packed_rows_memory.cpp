// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect: KokkosQuant: exec cannot reach the memory space of x
// expect: KokkosQuant: exec cannot reach the memory space of rows
// expect: KokkosQuant: exec cannot reach the memory space of buffer
// expect: KokkosQuant: exec cannot reach the memory space of scale
// expect: KokkosQuant: exec cannot reach the memory space of zero_point
#include "Plans.hpp"

namespace kq = KokkosQuant;
using Bytes = Vector<std::byte>;
using Rows = Vector<int>;

// True, if it compiles.
template <class... A>
constexpr bool pack = sizeof(kq::PackRowsPlan<Exec, kq::PackRowsArgs<A...>>) > 0;
template <class... A>
constexpr bool unpack = sizeof(kq::UnpackRowsPlan<Exec, kq::UnpackRowsArgs<A...>>) > 0;
template <class... A>
constexpr bool unpack_add = sizeof(kq::UnpackAddRowsPlan<Exec, kq::UnpackAddRowsArgs<A...>>) > 0;

static_assert(pack<Not<Matrix<float>, Far<const float**>>, Rows, Bytes>);
static_assert(unpack<Bytes, Not<Rows, Far<const int*>>, Matrix<float>>);
static_assert(unpack_add<Not<Bytes, Far<const std::byte*>>, Rows, Matrix<float>>);
static_assert(pack<Matrix<float>, Rows, Bytes, Not<Vector<float>, Far<float*>>>);
static_assert(pack<Matrix<float>, Rows, Bytes, Vector<float>, Not<Vector<int>, Far<int*>>>);
