// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The element functions, for kernels of your own.
#pragma once

#include <cstdint>

#include "KokkosQuant_Descriptor.hpp"
#include "detail/KokkosQuant_Affine.hpp"

namespace KokkosQuant {

/// \brief The affine quantizer of one row: exactly what the plans compute, one element at a time, in C (double or float).
///
/// For 16-bit data take C = float and convert: x as float(x), results by half_t(...) or bfloat16_t(...). Construct it where
/// the scale changes (once a row), use it for each element. All members are KOKKOS_FUNCTIONs without side effects; total
/// functions: NaN, Inf, zero and negative scales follow IEEE arithmetic through the formulas.
template <Impl::compute_type C>
class AffineQuantizer {
 public:
  KOKKOS_FUNCTION AffineQuantizer(C scale, std::int32_t zero_point, QuantizeDescriptor range)
      : range_(range),
        backward_(Impl::backward_constants(scale, zero_point, range)),
        quantize_(Impl::quantize_constants(scale, zero_point, range)) {}

  /// t = RN(x / scale)
  KOKKOS_FUNCTION C quotient(C x) const { return Impl::quotient(x, backward_.scale); }
  /// q_min <= r + zero_point <= q_max, r being t rounded to an integer, ties to even; false where t is NaN
  KOKKOS_FUNCTION bool is_inside(C x) const { return Impl::inside(backward_, x); }
  /// q = clamp(r + zero_point, q_min, q_max); where t is NaN clamp(zero_point, q_min, q_max)
  KOKKOS_FUNCTION std::int32_t quantize(C x) const { return static_cast<std::int32_t>(Impl::quantize(quantize_, range_, x)); }
  /// x' = RN(RN(q - zero_point) * scale)
  KOKKOS_FUNCTION C dequantize(std::int32_t q) const {
    return Impl::dequantize(Impl::DequantizeConstants<C, Impl::integer_of<C>>{quantize_.scale, quantize_.zero_point, false}, q);
  }
  /// dx = RN(dy / scale) where x is inside, +0 elsewhere (straight-through estimator)
  KOKKOS_FUNCTION C backward(C dy, C x) const { return Impl::quantize_backward(backward_, dy, x); }

 private:
  QuantizeDescriptor range_;
  Impl::BackwardConstants<C> backward_;
  Impl::QuantizeConstants<C, Impl::integer_of<C>> quantize_;
};

}  // namespace KokkosQuant
