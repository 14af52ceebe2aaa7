// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The element functions, for kernels of your own.
#pragma once

#include <cstdint>

#include "KokkosQuant_Contract.hpp"
#include "detail/KokkosQuant_AffineContract.hpp"

namespace KokkosQuant {

/// \brief The affine quantizer of one scale: exactly what the plans compute, one element at a time, in C (double or float).
///
/// For 16-bit data take C = float and convert: x as float(x), results by half_t(...) or bfloat16_t(...). Construct it where
/// the scale changes (once a row, say), use it for each element. All members are KOKKOS_FUNCTIONs without side effects; total
/// functions: NaN, Inf, zero and negative scales follow IEEE arithmetic through the formulas, which are those of the contract.
///
/// \snippet 08_in_your_code/in_your_code.cpp own_kernel
template <Impl::compute_type C, Contract Rules = contracts::reference>
class AffineQuantizer {
  using A = Impl::Affine<Rules>;
  using I = Impl::integer_of<C>;

 public:
  /// The quantizer of one scale and zero point (0: symmetric); range is the QuantizeDescriptor of the plans
  KOKKOS_FUNCTION AffineQuantizer(C scale, std::int32_t zero_point, QuantizeDescriptor range)
      : range_(range), mask_(A::mask(scale, zero_point, range)), forward_(A::forward(scale, zero_point, range)) {}

  /// t = RN(x / scale); with QuotientRule::reciprocal RN(x * RN(1 / scale))
  KOKKOS_FUNCTION C quotient(C x) const {
    if constexpr (Rules.quotient == QuotientRule::reciprocal)
      return Impl::multiply(x, mask_.inverse);
    else
      return Impl::divide(x, mask_.scale);
  }
  /// Does the gradient pass? By the library's own rules where q_min <= r + zero_point <= q_max, r being t rounded to an integer,
  /// ties to even; not where t is NaN
  KOKKOS_FUNCTION bool is_inside(C x) const { return A::inside(mask_, x); }
  /// q = clamp(r + zero_point, q_min, q_max); where t is NaN, by the library's own rules, clamp(zero_point, q_min, q_max)
  KOKKOS_FUNCTION std::int32_t quantize(C x) const { return static_cast<std::int32_t>(A::any_code(forward_, range_, x)); }
  /// x' = RN(RN(q - zero_point) * scale)
  KOKKOS_FUNCTION C dequantize(std::int32_t q) const {
    return Impl::dequantize(Impl::DequantizeConstants<C, I>{forward_.scale, A::zero_point(forward_), false}, q);
  }
  /// x' = dequantize(quantize(x))
  KOKKOS_FUNCTION C fake_quantize(C x) const { return dequantize(quantize(x)); }
  /// dx = RN(dy / scale) where x is inside, +0 elsewhere (straight-through estimator), or by GradientRule::product
  KOKKOS_FUNCTION C backward(C dy, C x) const { return A::masked(A::inside(mask_, x), Impl::divide(dy, mask_.scale)); }
  /// dx = dy where x is inside, +0 elsewhere
  KOKKOS_FUNCTION C fake_quantize_backward(C dy, C x) const { return A::masked(A::inside(mask_, x), dy); }

 private:
  QuantizeDescriptor range_;
  typename A::template mask_constants<C, I> mask_;
  typename A::template forward_constants<C, I> forward_;
};

}  // namespace KokkosQuant
