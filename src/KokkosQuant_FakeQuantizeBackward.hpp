// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The straight-through gradient of fake quantization, recomputed from x: FakeQuantizePerTensorBackward ...
/// FakeQuantizePerBlockBackward.
#pragma once

#include "detail/KokkosQuant_StraightThroughOp.hpp"

namespace KokkosQuant {
namespace Impl {

template <class Granularity>
using FakeQuantizeBackwardOp = StraightThroughOp<Granularity, false>;

}  // namespace Impl

/// \name Fake quantize, backward
/// \brief dx[n,d] = dy[n,d] where q_min <= r + zero_point <= q_max, +0 elsewhere; r = x[n,d] / scale, rounded once in the
/// compute type and then to an integer, ties to even.
///
/// | member      | View                                                           | |
/// | ----------- | -------------------------------------------------------------- | --- |
/// | dy          | N x D of T, read                                               | gradient of the loss by the forward's y |
/// | x           | N x D of T, read                                               | the forward's input |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T | the forward's |
/// | zero_point  | the same of int; or no_zero_point                              | the forward's |
/// | dx          | N x D of T, written                                            | gradient of the loss by x |
/// | group       | PerGroup alone: PerGroup{columns}                              | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                        | |
///
/// The straight-through estimator of FakeQuantize, exact: dx is dy, bit for bit, or +0. T is double, float, half_t or
/// bfloat16_t. Any layouts and strides. dx may be exactly dy or exactly x and shares no element with anything else.
/// FakeQuantizeBackwardFromMask does the same from the forward's mask, with less to read.
/// \{
KOKKOSQUANT_OP_FAMILY(FakeQuantize, Backward, (class DY, class X, class Scale, class ZeroPoint, class DX),
                      (DY, X, Scale, ZeroPoint, DX), (DY dy; X x; Scale scale; ZeroPoint zero_point; DX dx;));
/// \}

}  // namespace KokkosQuant
