// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Options of the arithmetic: whose rules a plan follows, chosen at compile time.
#pragma once

#include <cstdint>

#include "KokkosQuant_Descriptor.hpp"

namespace KokkosQuant {

/// \brief How t = x / scale is computed.
enum class QuotientRule {
  divide,     ///< RN(x / scale)
  reciprocal  ///< RN(x * RN(1 / scale))
};
/// \brief Where the zero point is added.
enum class ZeroPointRule {
  after_rounding,  ///< r(t) + zero_point, over the integers
  inside_rounding  ///< r(RN(t + zero_point))
};
/// \brief Which elements pass their gradient on.
enum class MaskRule {
  inclusive,     ///< q_min <= q <= q_max before clamping: those that the forward did not clamp
  not_outside,   ///< those, and where t is NaN
  strict,        ///< q_min < q < q_max
  pass_through,  ///< all
  on_input       ///< RN((q_min - zero_point) * scale) <= x <= RN((q_max - zero_point) * scale)
};
/// \brief What a masked gradient is.
enum class GradientRule {
  select,  ///< +0, whatever was masked
  product  ///< RN(gradient * 0): keeps the sign of zero, and NaN
};
/// \brief The code where t is NaN.
enum class NanRule {
  zero_point,  ///< clamp(zero_point)
  lowest,      ///< q_min
  zero         ///< clamp(0)
};

/// \brief The rules of a plan. The defaults are this library's own; contracts has those of other systems by name.
struct Contract {
  QuotientRule quotient = QuotientRule::divide;              ///< how t is computed
  ZeroPointRule zero_point = ZeroPointRule::after_rounding;  ///< where the zero point is added
  MaskRule mask = MaskRule::inclusive;                       ///< which elements pass their gradient on
  GradientRule gradient = GradientRule::select;              ///< what the gradient of the others is
  NanRule nan = NanRule::zero_point;                         ///< the code where t is NaN

  /// The same rules
  friend constexpr bool operator==(const Contract&, const Contract&) = default;
};

/// \brief Contracts by name; docs/contracts.md says what each of them reproduces.
namespace contracts {
/// The library's own: docs/arithmetic.md
inline constexpr Contract reference{};
/// The library's own but for the borders of the range: they pass no gradient on
inline constexpr Contract strict{.mask = MaskRule::strict};
/// QuantizeLinear and DequantizeLinear as ONNX Runtime computes them
inline constexpr Contract onnx{.nan = NanRule::lowest};
/// PyTorch's fake_quantize_per_tensor_affine and fake_quantize_per_channel_affine, forward and backward
inline constexpr Contract pytorch_fake_quantize{
    .quotient = QuotientRule::reciprocal, .gradient = GradientRule::product, .nan = NanRule::lowest};
/// PyTorch's quantized_decomposed.quantize_per_token
inline constexpr Contract pytorch_per_token{
    .quotient = QuotientRule::reciprocal, .zero_point = ZeroPointRule::inside_rounding, .nan = NanRule::zero};
/// torchao's fake quantization and its backward
inline constexpr Contract torchao{.quotient = QuotientRule::reciprocal, .mask = MaskRule::strict, .nan = NanRule::zero};
/// IntQuant of Brevitas
inline constexpr Contract brevitas{.zero_point = ZeroPointRule::inside_rounding, .mask = MaskRule::not_outside};
}  // namespace contracts

/// \brief A descriptor that names a contract: QuantizeDescriptorOf<contracts::onnx>{-128, 127} where QuantizeDescriptor{-128,
/// 127} would name the library's own.
template <Contract Rules>
struct QuantizeDescriptorOf : QuantizeDescriptor {
  /// min <= max: the range that codes are clamped to
  QuantizeDescriptorOf(std::int32_t min, std::int32_t max) : QuantizeDescriptor{min, max} {}
};

namespace Impl {
template <class Descriptor>
inline constexpr Contract contract_of = contracts::reference;
template <Contract Rules>
inline constexpr Contract contract_of<QuantizeDescriptorOf<Rules>> = Rules;

template <class Descriptor>
inline constexpr bool is_descriptor = false;
template <>
inline constexpr bool is_descriptor<QuantizeDescriptor> = true;
template <Contract Rules>
inline constexpr bool is_descriptor<QuantizeDescriptorOf<Rules>> = true;
template <class Descriptor>
concept descriptor_type = is_descriptor<Descriptor>;
}  // namespace Impl

}  // namespace KokkosQuant
