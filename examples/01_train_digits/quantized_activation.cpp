// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "quantized_activation.hpp"

#include <cfloat>

#include "kernels.hpp"

namespace train_digits {
namespace {

// s = share * (the row's largest element). A row of zeros gets the smallest normal number, and its x' are 0.
void compute_scales(const Exec& exec, const Matrix& x, float share, const Vector& scale) {
  const int columns = x.extent_int(1);
  Kokkos::parallel_for(
      "train_digits::scales", each(exec, x.extent_int(0)), KOKKOS_LAMBDA(int n) {
        float largest = 0;
        for (int d = 0; d < columns; ++d) largest = x(n, d) > largest ? x(n, d) : largest;
        const float s = largest * share;
        scale(n) = s > FLT_MIN ? s : FLT_MIN;
      });
}

void multiply_rows(const Exec& exec, const Matrix& in, const Vector& scale, const Matrix& out) {
  for_each_element(
      "train_digits::multiply_rows", exec, out, KOKKOS_LAMBDA(int n, int d) { out(n, d) = in(n, d) * scale(n); });
}

void divide_rows(const Exec& exec, const Matrix& in, const Vector& scale, const Matrix& out) {
  for_each_element(
      "train_digits::divide_rows", exec, out, KOKKOS_LAMBDA(int n, int d) { out(n, d) = in(n, d) / scale(n); });
}

}  // namespace

QuantizedActivation::QuantizedActivation(const Exec& exec, const Matrix& x, const Format& format, bool mask_gradient)
    : ActivationQuantizer(x),
      exec_(exec),
      x_(x),
      code_gradient_(make<Matrix>("code_gradient", x.extent(0), x.extent(1))),
      scale_(make<Vector>("scale", x.extent(0))),
      zero_point_(make<Integers>("zero_point", x.extent(0))),
      codes_(make<Codes>("codes", x.extent(0), x.extent(1))),
      largest_code_share_(format.clipping / static_cast<float>(format.range().q_max - format.range().q_min)),
      mask_gradient_(mask_gradient),
      quantize_(exec, format.range(), KokkosQuant::QuantizePerTokenArgs{x_, scale_, zero_point_, codes_}),
      dequantize_(exec, format.range(), KokkosQuant::DequantizePerTokenArgs{codes_, scale_, zero_point_, output_}),
      quantize_backward_(exec, format.range(),
                         KokkosQuant::QuantizePerTokenBackwardArgs{code_gradient_, x_, scale_, zero_point_, input_gradient_}) {
  Kokkos::deep_copy(exec, zero_point_, format.range().q_min);
}

void QuantizedActivation::forward() const {
  compute_scales(exec_, x_, largest_code_share_, scale_);
  quantize_.run();
  dequantize_.run();
}

// The chain rule of x' = s * (q(x) - z). s follows the row's maximum, but counts as a constant here: no gradient flows
// through it.
//
//     dL/dq = dL/dx' * s                 x' is linear in q
//     dL/dx = dL/dq * (1 / s) * mask     straight through: round() counts as the identity, so dq/dx = 1/s,
//                                        and as 0 where the clamp holds q at q_min or q_max
//
// QuantizePerTokenBackwardPlan is the second line and nothing else: it divides by s because quantization does. Given
// dL/dx' instead of dL/dq it would return gradients that are 1/s times as large. Together the two lines are
// dL/dx' * mask, up to two roundings.
void QuantizedActivation::backward() const {
  multiply_rows(exec_, output_gradient_, scale_, code_gradient_);
  if (mask_gradient_) {
    quantize_backward_.run();
  } else {
    divide_rows(exec_, code_gradient_, scale_, input_gradient_);
  }
}

std::vector<std::string> QuantizedActivation::kernels() const {
  return {quantize_.sku().to_string(), dequantize_.sku().to_string(), quantize_backward_.sku().to_string()};
}

}  // namespace train_digits
