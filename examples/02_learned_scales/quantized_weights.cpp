// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "quantized_weights.hpp"

#include <cmath>

#include "kernels.hpp"

namespace learned_scales {
namespace {

using train_digits::each;
using train_digits::make;

Linear see_through(const Linear& layer) {
  Linear seen(layer.weight.extent_int(0), layer.weight.extent_int(1));
  seen.bias = layer.bias;
  seen.bias_gradient = layer.bias_gradient;
  return seen;
}

// 2 * mean |w| / sqrt(q_max), column by column, each summed by one thread
void scales_from(const Exec& exec, const Matrix& weight, int q_max, const Vector& scale) {
  const int rows = weight.extent_int(0);
  const float factor = 2.0f / (static_cast<float>(rows) * std::sqrt(static_cast<float>(q_max)));
  Kokkos::parallel_for(
      "learned_scales::start", each(exec, weight.extent_int(1)), KOKKOS_LAMBDA(int c) {
        float sum = 0;
        for (int i = 0; i < rows; ++i) sum += fabsf(weight(i, c));
        scale(c) = sum * factor;
      });
}

void step(const Exec& exec, const Vector& scale, const Vector& gradient, const Vector& velocity, float rate, float momentum) {
  Kokkos::parallel_for(
      "learned_scales::step", each(exec, scale.extent_int(0)), KOKKOS_LAMBDA(int c) {
        velocity(c) = momentum * velocity(c) + gradient(c);
        scale(c) -= rate * velocity(c);
      });
}

double lsq_factor(const Linear& layer, int q_max) { return 1 / std::sqrt(static_cast<double>(layer.weight.extent(0)) * q_max); }

}  // namespace

QuantizedWeights::QuantizedWeights(const Exec& exec, const Linear& layer, const KokkosQuant::QuantizeDescriptor& range,
                                   Scales scales)
    : exec_(exec),
      layer_(layer),
      seen_(see_through(layer)),
      scales_(scales),
      q_max_(range.q_max),
      scale_(make<Vector>("weight_scale", layer.weight.extent(1))),
      scale_gradient_(make<Vector>("weight_scale_gradient", layer.weight.extent(1))),
      scale_velocity_(make<Vector>("weight_scale_velocity", layer.weight.extent(1))),
      forward_(exec, range,
               KokkosQuant::FakeQuantizePerChannelArgs{layer_.weight, scale_, KokkosQuant::no_zero_point, seen_.weight}),
      forward_by_largest_(
          exec, {range.q_min, range.q_max},
          KokkosQuant::DynamicFakeQuantizePerChannelArgs{layer_.weight, scale_, KokkosQuant::no_zero_point, seen_.weight}),
      backward_(exec, {range.q_min, range.q_max, lsq_factor(layer, range.q_max)},
                KokkosQuant::LearnableFakeQuantizePerChannelBackwardArgs{seen_.weight_gradient, layer_.weight, scale_,
                                                                         KokkosQuant::no_zero_point, layer_.weight_gradient,
                                                                         scale_gradient_, KokkosQuant::no_output}),
      forward_workspace_("learned_scales::forward_workspace", forward_by_largest_.workspace_size()),
      backward_workspace_("learned_scales::backward_workspace", backward_.workspace_size()) {}

void QuantizedWeights::start() const {
  scales_from(exec_, layer_.weight, q_max_, scale_);
  Kokkos::deep_copy(exec_, scale_velocity_, 0.0f);
}

void QuantizedWeights::forward() const {
  if (scales_ == Scales::largest) {
    forward_by_largest_.run(forward_workspace_);
  } else {
    forward_.run();
  }
}

void QuantizedWeights::backward() const { backward_.run(backward_workspace_); }

void QuantizedWeights::step_scales(float rate, float momentum) const {
  if (scales_ == Scales::learned) step(exec_, scale_, scale_gradient_, scale_velocity_, rate, momentum);
}

}  // namespace learned_scales
