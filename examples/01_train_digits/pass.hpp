// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One trip through the network, forward and backward, for a fixed number of images at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "activation_quantizer.hpp"
#include "data.hpp"
#include "model.hpp"

namespace train_digits {

// Added up over all trips since reset().
struct Totals {
  double loss = 0;  // softmax cross-entropy, natural logarithm
  std::int64_t images = 0;
  std::int64_t correct = 0;
  std::int64_t gradients = 0;  // nonzero elements of the gradient that reached the quantizer
  std::int64_t masked = 0;     // those of them that it set to 0
};

// Makes what the output layer sees the hidden activations through; or a null pointer: as they are.
using MakeQuantizer = std::function<std::shared_ptr<const ActivationQuantizer>(const Matrix& hidden)>;

class Pass {
 public:
  Pass(const Exec& exec, const Model& model, int rows, const MakeQuantizer& make_quantizer);
  Pass(const Exec& exec, const Model& model, int rows, const Format& format, bool mask_gradient);  // a QuantizedActivation

  // Reads rows images: those that order names from position first on.
  void load(const Images& images, const Integers& order, int first) const;
  void forward() const;
  void backward() const;  // into the model's gradients: of the mean loss over the rows

  Totals totals() const;
  void reset() const;
  const std::shared_ptr<const ActivationQuantizer>& quantizer() const { return quantizer_; }

 private:
  Exec exec_;
  Model model_;  // Views: shares its elements with the caller's
  Matrix input_, hidden_, hidden_gradient_, logits_, logits_gradient_;
  Integers labels_;
  std::shared_ptr<const ActivationQuantizer> quantizer_;  // of hidden_; none for float

  // One element a row, to which only that row's thread adds: sums without atomics, in the same order in every run.
  Kokkos::View<double*, Exec> row_loss_;
  Kokkos::View<std::int64_t*, Exec> row_images_, row_correct_, row_gradients_, row_masked_;
};

}  // namespace train_digits
