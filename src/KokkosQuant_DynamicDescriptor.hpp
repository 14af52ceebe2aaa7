// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What a caller says about scales that are found from the data.
#pragma once

#include <cstdint>

#include "KokkosQuant_Contract.hpp"
#include "KokkosQuant_Float8.hpp"

namespace KokkosQuant {

/// \brief The range of the codes, and how scales are chosen for it.
///
/// Symmetric (the op has no zero points): q_max must be at least 1, and scale = amax / q_max. Asymmetric: q_min < q_max, and
/// scale = (hi - lo) / (q_max - q_min), where lo <= 0 <= hi.
struct DynamicQuantizeDescriptor {
  std::int32_t q_min;  ///< the smallest code
  std::int32_t q_max;  ///< the largest code
  /// The smallest scale, finite; 0: the smallest normal number of the scale's type, or what a ScaleContract says.
  double eps = 0;
  /// Scales are rounded up to the next power of two (down where that is beyond the scale's type): products with them are exact.
  bool power_of_two = false;

  /// Without the choice of scales
  QuantizeDescriptor range() const { return {q_min, q_max}; }
};

/// \brief The same for float8 codes: scale = amax / M, M the largest finite number of the type of q (448 or 57344).
struct DynamicFloat8Descriptor {
  Overflow overflow = Overflow::saturate;  ///< what becomes of quotients that are too large, and of Inf
  double eps = 0;                          ///< as in DynamicQuantizeDescriptor
  bool power_of_two = false;               ///< as in DynamicQuantizeDescriptor
};

/// \brief The descriptor of DynamicFakeQuantize through 8-bit floating point: DynamicFloat8DescriptorOf<float8_e4m3_t>{}. There is no
/// q whose type could name the format.
template <Impl::float8_type F8>
struct DynamicFloat8DescriptorOf : DynamicFloat8Descriptor {
  /// \copydoc DynamicFloat8Descriptor
  explicit DynamicFloat8DescriptorOf(Overflow what = Overflow::saturate, double smallest = 0, bool powers = false)
      : DynamicFloat8Descriptor{what, smallest, powers} {}
};

/// \brief Symmetric scales, of the largest |x| (amax) or of both ends lo <= 0 <= hi.
enum class SymmetricRule {
  q_max,       ///< amax / q_max; zero point 0
  half_range,  ///< amax / ((q_max - q_min) / 2); zero point (q_min + q_max + 1) / 2 without its fraction
  each_side    ///< max(lo / q_min, hi / q_max); the same zero point
};
/// \brief Asymmetric scales, (hi - lo) / (q_max - q_min), and their zero points.
enum class AsymmetricRule {
  lower_end,        ///< clamp(q_min - r(lo / scale))
  nearer_end,       ///< q_min - lo / scale or q_max - hi / scale, by the smaller sum of errors; then clamped and rounded
  pytorch_dynamic,  ///< in double, from the end nearer to zero; scales below 6.1e-5 are raised to that
  fbgemm            ///< the same of FBGEMM: the scale is rounded to float first
};
/// \brief What the operations that find a scale round to. Of 16-bit x alone they differ.
enum class ScaleArithmetic {
  compute,       ///< the compute type, float
  element,       ///< the element type, each of them
  element_scale  ///< the element type as far as the scale, then float
};
/// \brief The smallest scale where the descriptor's eps is 0.
enum class SmallestScale {
  normal_of_scale,    ///< the smallest normal number of the scale's type
  normal_of_element,  ///< that of the element type
  epsilon,            ///< 2^-23
  of_1e_5,            ///< 1e-5 / 127, both rounded to the scale's type
};

/// \brief The rules by which scales are found, and the contract of the codes. scale_contracts has those of other systems by
/// name. Elements that are not finite never take part, also where the systems let them.
struct ScaleContract {
  SymmetricRule symmetric_rule = SymmetricRule::q_max;         ///< of symmetric scales
  AsymmetricRule asymmetric_rule = AsymmetricRule::lower_end;  ///< of the others
  ScaleArithmetic arithmetic = ScaleArithmetic::compute;       ///< of both
  SmallestScale smallest = SmallestScale::normal_of_scale;     ///< where eps is 0
  bool splits_overflow = true;  ///< where hi - lo overflows: hi / w - lo / w, cut to finite ones; else Inf
  bool symmetric = false;       ///< also with a zero_point View, which gets the rule's own
  Contract codes{};             ///< how codes are computed from scale and zero point

  /// Member by member.
  friend constexpr bool operator==(const ScaleContract&, const ScaleContract&) = default;
};

/// \brief Rules of other systems, as they are on CPUs in eager mode; docs/contracts.md says which versions they were held to.
namespace scale_contracts {
inline constexpr ScaleContract reference{};  ///< the library's own
/// torchao, choose_qparams_affine with MappingType.SYMMETRIC
inline constexpr ScaleContract torchao_symmetric{.symmetric_rule = SymmetricRule::half_range,
                                                 .arithmetic = ScaleArithmetic::element,
                                                 .smallest = SmallestScale::normal_of_element,
                                                 .symmetric = true,
                                                 .codes = contracts::torchao};
/// torchao, MappingType.SYMMETRIC_NO_CLIPPING_ERR (q_min < 0)
inline constexpr ScaleContract torchao_symmetric_no_clipping{.symmetric_rule = SymmetricRule::each_side,
                                                             .arithmetic = ScaleArithmetic::element,
                                                             .smallest = SmallestScale::normal_of_element,
                                                             .symmetric = true,
                                                             .codes = contracts::torchao};
/// torchao, MappingType.ASYMMETRIC
inline constexpr ScaleContract torchao_asymmetric{.arithmetic = ScaleArithmetic::element,
                                                  .smallest = SmallestScale::normal_of_element,
                                                  .splits_overflow = false,
                                                  .codes = contracts::torchao};
/// PyTorch, MinMaxObserver and PerChannelMinMaxObserver, symmetric qschemes with the type's whole range
inline constexpr ScaleContract pytorch_observer_symmetric{.symmetric_rule = SymmetricRule::half_range,
                                                          .smallest = SmallestScale::epsilon,
                                                          .symmetric = true,
                                                          .codes = contracts::torchao};
/// PyTorch, the same observers, affine qschemes
inline constexpr ScaleContract pytorch_observer_affine{
    .smallest = SmallestScale::epsilon, .splits_overflow = false, .codes = contracts::torchao};
/// PyTorch, quantized_decomposed.choose_qparams_symmetric.tensor
inline constexpr ScaleContract pytorch_decomposed_symmetric{.symmetric_rule = SymmetricRule::half_range,
                                                            .arithmetic = ScaleArithmetic::element_scale,
                                                            .smallest = SmallestScale::epsilon,
                                                            .symmetric = true,
                                                            .codes = contracts::torchao};
/// PyTorch, quantized_decomposed.choose_qparams.tensor
inline constexpr ScaleContract pytorch_decomposed_affine{.arithmetic = ScaleArithmetic::element_scale,
                                                         .smallest = SmallestScale::epsilon,
                                                         .splits_overflow = false,
                                                         .codes = contracts::torchao};
/// PyTorch, quantized_decomposed.choose_qparams_per_token
inline constexpr ScaleContract pytorch_per_token{
    .smallest = SmallestScale::of_1e_5, .symmetric = true, .codes = contracts::pytorch_per_token};
/// PyTorch, quantized_decomposed.choose_qparams_per_token_asymmetric: scales and zero points
inline constexpr ScaleContract pytorch_per_token_asymmetric{.asymmetric_rule = AsymmetricRule::nearer_end,
                                                            .arithmetic = ScaleArithmetic::element,
                                                            .smallest = SmallestScale::epsilon,
                                                            .splits_overflow = false,
                                                            .codes = contracts::pytorch_per_token};
/// PyTorch, quantize_per_tensor_dynamic and the dynamic quantized operators (float)
inline constexpr ScaleContract pytorch_dynamic{.asymmetric_rule = AsymmetricRule::pytorch_dynamic,
                                               .codes = contracts::pytorch_fake_quantize};
/// FBGEMM, ChooseQuantizationParams (float)
inline constexpr ScaleContract fbgemm{.asymmetric_rule = AsymmetricRule::fbgemm, .codes = contracts::pytorch_fake_quantize};
}  // namespace scale_contracts

/// \brief A descriptor that names rules: DynamicQuantizeDescriptorOf<scale_contracts::torchao_asymmetric>{-128, 127}.
template <ScaleContract Rules>
struct DynamicQuantizeDescriptorOf : DynamicQuantizeDescriptor {
  /// \copydoc DynamicQuantizeDescriptor
  DynamicQuantizeDescriptorOf(std::int32_t min, std::int32_t max, double smallest = 0, bool powers = false)
      : DynamicQuantizeDescriptor{min, max, smallest, powers} {}
};

namespace Impl {
template <>
inline constexpr bool is_descriptor<DynamicQuantizeDescriptor> = true;
template <>
inline constexpr bool is_descriptor<DynamicFloat8Descriptor> = true;
template <class F8>
inline constexpr bool is_descriptor<DynamicFloat8DescriptorOf<F8>> = true;
template <class F8>
struct float8_of<DynamicFloat8DescriptorOf<F8>> {
  using type = F8;
};
template <ScaleContract Rules>
inline constexpr bool is_descriptor<DynamicQuantizeDescriptorOf<Rules>> = true;

template <class Descriptor>
inline constexpr ScaleContract scale_contract_of = scale_contracts::reference;
template <ScaleContract Rules>
inline constexpr ScaleContract scale_contract_of<DynamicQuantizeDescriptorOf<Rules>> = Rules;
}  // namespace Impl

}  // namespace KokkosQuant
