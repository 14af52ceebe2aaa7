// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Activations as a network of few bits sees them: quantized per token and dequantized again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "activation_quantizer.hpp"

namespace train_digits {

// For activations x >= 0 (pixels, what leaves a ReLU), with one scale a row,
//
//     x' = s * (q(x) - z),    q(x) = clamp(round(x / s) + z, q_min, q_max)
//
// z is q_min, so that all codes serve the numbers from 0 on, and s = clipping * max(row) / (q_max - q_min). A scale
// from the maximum itself would never clip anything.
//
// The class owns its arrays and three plans that are built once and run in every step.
class QuantizedActivation : public ActivationQuantizer {
 public:
  // Keeps x. Without mask_gradient the backward pass takes the mask as 1: wrong, and there for a test to see.
  QuantizedActivation(const Exec& exec, const Matrix& x, const Format& format, bool mask_gradient = true);

  void forward() const override;
  void backward() const override;
  const Matrix& gradient_before_mask() const override { return code_gradient_; }
  std::vector<std::string> kernels() const override;

 private:
  using Codes = Kokkos::View<std::int8_t**, Kokkos::LayoutRight, Exec>;
  using Quantize = KokkosQuant::QuantizePerTokenPlan<Exec, KokkosQuant::QuantizePerTokenArgs<Matrix, Vector, Integers, Codes>>;
  using Dequantize =
      KokkosQuant::DequantizePerTokenPlan<Exec, KokkosQuant::DequantizePerTokenArgs<Codes, Vector, Integers, Matrix>>;
  using QuantizeBackward = KokkosQuant::QuantizePerTokenBackwardPlan<
      Exec, KokkosQuant::QuantizePerTokenBackwardArgs<Matrix, Matrix, Vector, Integers, Matrix>>;

  Exec exec_;
  Matrix x_, code_gradient_;
  Vector scale_;
  Integers zero_point_;
  Codes codes_;
  float largest_code_share_;  // s = max(row) * this
  bool mask_gradient_;
  Quantize quantize_;
  Dequantize dequantize_;
  QuantizeBackward quantize_backward_;
};

}  // namespace train_digits
