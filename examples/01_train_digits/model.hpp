// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is learned: two linear layers, 64-128-10, and stochastic gradient descent with momentum.
#pragma once

#include <vector>

#include "random.hpp"
#include "types.hpp"

namespace train_digits {

// y = x W + b
struct Linear {
  Matrix weight, weight_gradient, weight_velocity;  // inputs x outputs
  Vector bias, bias_gradient, bias_velocity;

  Linear(int inputs, int outputs);
};

// The numbers that training starts from, drawn once a seed: every format starts from the same.
struct InitialWeights {
  std::vector<float> hidden, output;

  explicit InitialWeights(Random& random);
};

struct Model {
  Linear hidden{pixel_count, hidden_count};
  Linear output{hidden_count, class_count};

  // Weights as given; biases and velocities 0.
  void start_from(const InitialWeights& weights) const;
  // velocity = momentum * velocity + gradient; weight -= rate * velocity
  void step(const Exec& exec, float rate, float momentum) const;
};

}  // namespace train_digits
