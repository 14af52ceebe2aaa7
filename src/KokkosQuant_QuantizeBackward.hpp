// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The straight-through gradient of quantization: QuantizePerTensorBackward ... QuantizePerBlockBackward.
#pragma once

#include "detail/KokkosQuant_StraightThroughOp.hpp"

namespace KokkosQuant {
namespace Impl {

template <class Granularity>
using QuantizeBackwardOp = StraightThroughOp<Granularity, true>;

}  // namespace Impl

/// \name Quantize, backward
/// \brief dx[n,d] = RN(dy[n,d] / scale) where q_min <= r + zero_point <= q_max, +0 elsewhere; r = x[n,d] / scale, rounded once
/// in the compute type (double for double, else float) and then to an integer, ties to even.
///
/// | member      | View                                                           | |
/// | ----------- | -------------------------------------------------------------- | --- |
/// | dy          | N x D of T, read                                               | gradient of the loss by the codes |
/// | x           | N x D of T, read                                               | the forward's input |
/// | scale       | as many as the granularity has, of T, or of float for 16-bit T | the forward's |
/// | zero_point  | the same of int; or no_zero_point                              | the forward's |
/// | dx          | N x D of T, written                                            | gradient of the loss by x |
/// | group       | PerGroup alone: PerGroup{columns}                              | |
/// | block       | PerBlock alone: PerBlock{rows, columns}                        | |
///
/// T is double, float, half_t or bfloat16_t. Any layouts and strides, also different ones. dx may be exactly dy or exactly x
/// (same data, same strides) and shares no element with anything else; what is only read may overlap freely.
///
/// The straight-through estimator (Bengio, Leonard, Courville 2013, arXiv:1308.3432) of the quantization: the rounding passes
/// the gradient, the clamp stops it. The quotient of a 16-bit type is rounded to float and then to the type. NaN, Inf, zero
/// and negative scales and subnormals follow IEEE arithmetic through the formula; a t of NaN or Inf is outside, and nothing
/// leaks out of a masked element. The same bits on every execution space, layout and number of threads.
///
/// \snippet 08_in_your_code/in_your_code.cpp quantize_backward
/// \{
KOKKOSQUANT_OP_FAMILY(Quantize, Backward, (class DY, class X, class Scale, class ZeroPoint, class DX),
                      (DY, X, Scale, ZeroPoint, DX), (DY dy; X x; Scale scale; ZeroPoint zero_point; DX dx;));
/// \}

}  // namespace KokkosQuant
