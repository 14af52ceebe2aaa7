// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "model.hpp"

#include <cmath>
#include <cstddef>

#include "kernels.hpp"

namespace train_digits {
namespace {

// Uniform with variance 2 / inputs (He et al. 2015): a ReLU halves the variance, this doubles it again.
std::vector<float> draw(Random& random, int inputs, int outputs) {
  const float bound = std::sqrt(6.0f / static_cast<float>(inputs));
  std::vector<float> weights(static_cast<std::size_t>(inputs) * static_cast<std::size_t>(outputs));
  for (float& w : weights) w = random.uniform(bound);
  return weights;
}

void restart(const Linear& layer, const std::vector<float>& weights) {
  const auto host = Kokkos::create_mirror_view(layer.weight);
  std::size_t next = 0;
  for (int i = 0; i < host.extent_int(0); ++i) {
    for (int j = 0; j < host.extent_int(1); ++j) host(i, j) = weights[next++];
  }
  Kokkos::deep_copy(layer.weight, host);
  Kokkos::deep_copy(layer.weight_velocity, 0.0f);
  Kokkos::deep_copy(layer.bias, 0.0f);
  Kokkos::deep_copy(layer.bias_velocity, 0.0f);
}

void step_layer(const Exec& exec, const Linear& layer, float rate, float momentum) {
  const Matrix w = layer.weight, dw = layer.weight_gradient, vw = layer.weight_velocity;
  for_each_element(
      "train_digits::step_weights", exec, w, KOKKOS_LAMBDA(int i, int j) {
        vw(i, j) = momentum * vw(i, j) + dw(i, j);
        w(i, j) -= rate * vw(i, j);
      });
  const Vector b = layer.bias, db = layer.bias_gradient, vb = layer.bias_velocity;
  Kokkos::parallel_for(
      "train_digits::step_bias", each(exec, b.extent_int(0)), KOKKOS_LAMBDA(int j) {
        vb(j) = momentum * vb(j) + db(j);
        b(j) -= rate * vb(j);
      });
}

}  // namespace

Linear::Linear(int inputs, int outputs)
    : weight(make<Matrix>("weight", inputs, outputs)),
      weight_gradient(make<Matrix>("weight_gradient", inputs, outputs)),
      weight_velocity(make<Matrix>("weight_velocity", inputs, outputs)),
      bias(make<Vector>("bias", outputs)),
      bias_gradient(make<Vector>("bias_gradient", outputs)),
      bias_velocity(make<Vector>("bias_velocity", outputs)) {}

InitialWeights::InitialWeights(Random& random)
    : hidden(draw(random, pixel_count, hidden_count)), output(draw(random, hidden_count, class_count)) {}

void Model::start_from(const InitialWeights& weights) const {
  restart(hidden, weights.hidden);
  restart(output, weights.output);
}

void Model::step(const Exec& exec, float rate, float momentum) const {
  step_layer(exec, hidden, rate, momentum);
  step_layer(exec, output, rate, momentum);
}

}  // namespace train_digits
