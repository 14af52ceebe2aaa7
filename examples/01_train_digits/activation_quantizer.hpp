// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What stands between two layers of a network of few bits: the activation as the next layer sees it, and the gradient's way
// back through it.
#pragma once

#include <string>
#include <vector>

#include "types.hpp"

namespace train_digits {

class ActivationQuantizer {
 public:
  virtual ~ActivationQuantizer() = default;

  virtual void forward() const = 0;   // x -> output()
  virtual void backward() const = 0;  // output_gradient() -> input_gradient(), with the scales of the last forward()

  const Matrix& output() const { return output_; }
  const Matrix& output_gradient() const { return output_gradient_; }  // for the layer above to fill
  const Matrix& input_gradient() const { return input_gradient_; }
  virtual const Matrix& gradient_before_mask() const { return output_gradient_; }

  virtual std::vector<std::string> kernels() const = 0;  // what its plans launch

 protected:
  explicit ActivationQuantizer(const Matrix& x)
      : output_(make<Matrix>("activation", x.extent(0), x.extent(1))),
        output_gradient_(make<Matrix>("activation_gradient", x.extent(0), x.extent(1))),
        input_gradient_(make<Matrix>("input_gradient", x.extent(0), x.extent(1))) {}
  ActivationQuantizer(const ActivationQuantizer&) = default;
  ActivationQuantizer& operator=(const ActivationQuantizer&) = default;

  Matrix output_, output_gradient_, input_gradient_;
};

}  // namespace train_digits
