// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Activations with scales of their own: every token's scale and zero point are found from its elements.
#pragma once

#include "activation_quantizer.hpp"

namespace learned_scales {

using train_digits::Exec;
using train_digits::Integers;
using train_digits::Matrix;
using train_digits::Vector;

class DynamicActivation : public train_digits::ActivationQuantizer {
 public:
  DynamicActivation(const Exec& exec, const Matrix& x, const KokkosQuant::QuantizeDescriptor& range);

  void forward() const override;
  void backward() const override;  // the scales count as constants: no gradient flows through the row's ends
  std::vector<std::string> kernels() const override;

 private:
  Vector scale_;
  Integers zero_point_;
  KokkosQuant::DynamicFakeQuantizePerTokenPlan<Exec,
                                               KokkosQuant::DynamicFakeQuantizePerTokenArgs<Matrix, Vector, Integers, Matrix>>
      forward_;
  KokkosQuant::FakeQuantizePerTokenBackwardPlan<
      Exec, KokkosQuant::FakeQuantizePerTokenBackwardArgs<Matrix, Matrix, Vector, Integers, Matrix>>
      backward_;
  Kokkos::View<std::byte*, Exec> workspace_;  // of forward_: none for rows like ours
};

}  // namespace learned_scales
