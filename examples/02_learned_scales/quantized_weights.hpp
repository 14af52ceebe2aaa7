// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A linear layer whose weights are seen through few bits, with one scale an output (a column: per channel).
//
//     forward     w' = s * clamp(round(w / s), q_min, q_max)
//     backward    dL/dw = dL/dw' where the clamp did not cut, else 0
//                 dL/ds = sum over the column of dL/dw' * (w'/s - w/s), or * q_min, * q_max where it cut
//
// Learned step size quantization (Esser and others, ICLR 2020) takes s for a parameter like any other: it starts from
// 2 * mean |w| / sqrt(q_max), and its gradient is multiplied by 1 / sqrt(elements of the column * q_max), which makes its steps
// as large beside s as those of the weights are beside the weights.
#pragma once

#include "model.hpp"

namespace learned_scales {

using train_digits::Exec;
using train_digits::Linear;
using train_digits::Matrix;
using train_digits::Vector;

enum class Scales {
  fixed,    // as they start
  largest,  // largest |w| / q_max, anew in every step
  learned
};

class QuantizedWeights {
 public:
  // Keeps layer's Views. Its bias is not quantized.
  QuantizedWeights(const Exec& exec, const Linear& layer, const KokkosQuant::QuantizeDescriptor& range, Scales scales);

  // The layer as the network computes with it: the weights quantized, their gradient as the network leaves it, the bias itself.
  const Linear& seen() const { return seen_; }

  void start() const;                                  // scales from the layer's weights
  void forward() const;                                // the layer's weights -> seen()
  void backward() const;                               // seen()'s gradient -> the layer's, and that of the scales
  void step_scales(float rate, float momentum) const;  // after the layer's step; only learned scales move

  const Vector& scale() const { return scale_; }

 private:
  using NoZeroPoint = KokkosQuant::no_zero_point_t;
  using FakeQuantize =
      KokkosQuant::FakeQuantizePerChannelPlan<Exec,
                                              KokkosQuant::FakeQuantizePerChannelArgs<Matrix, Vector, NoZeroPoint, Matrix>>;
  using DynamicFakeQuantize = KokkosQuant::DynamicFakeQuantizePerChannelPlan<
      Exec, KokkosQuant::DynamicFakeQuantizePerChannelArgs<Matrix, Vector, NoZeroPoint, Matrix>>;
  using Backward = KokkosQuant::LearnableFakeQuantizePerChannelBackwardPlan<
      Exec, KokkosQuant::LearnableFakeQuantizePerChannelBackwardArgs<Matrix, Matrix, Vector, NoZeroPoint, Matrix, Vector,
                                                                     KokkosQuant::no_output_t>>;

  Exec exec_;
  Linear layer_, seen_;
  Scales scales_;
  int q_max_;
  Vector scale_, scale_gradient_, scale_velocity_;
  FakeQuantize forward_;
  DynamicFakeQuantize forward_by_largest_;
  Backward backward_;
  Kokkos::View<std::byte*, Exec> forward_workspace_, backward_workspace_;  // none for columns of up to 256 weights
};

}  // namespace learned_scales
