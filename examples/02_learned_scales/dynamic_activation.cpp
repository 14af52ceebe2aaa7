// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dynamic_activation.hpp"

namespace learned_scales {

DynamicActivation::DynamicActivation(const Exec& exec, const Matrix& x, const KokkosQuant::QuantizeDescriptor& range)
    : ActivationQuantizer(x),
      scale_(train_digits::make<Vector>("scale", x.extent(0))),
      zero_point_(train_digits::make<Integers>("zero_point", x.extent(0))),
      forward_(exec, {range.q_min, range.q_max}, KokkosQuant::DynamicFakeQuantizePerTokenArgs{x, scale_, zero_point_, output_}),
      backward_(exec, range,
                KokkosQuant::FakeQuantizePerTokenBackwardArgs{output_gradient_, x, scale_, zero_point_, input_gradient_}),
      workspace_("learned_scales::workspace", forward_.workspace_size()) {}

void DynamicActivation::forward() const { forward_.run(workspace_); }
void DynamicActivation::backward() const { backward_.run(); }

std::vector<std::string> DynamicActivation::kernels() const {
  return {forward_.sku().to_string(), backward_.sku().to_string()};
}

}  // namespace learned_scales
