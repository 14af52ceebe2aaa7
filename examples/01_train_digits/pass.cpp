// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pass.hpp"

#include <cmath>

#include "kernels.hpp"
#include "linear_algebra.hpp"
#include "quantized_activation.hpp"

namespace train_digits {
namespace {

using Doubles = Kokkos::View<double*, Exec>;
using Counts = Kokkos::View<std::int64_t*, Exec>;

void gather(const Exec& exec, const Images& images, const Integers& order, int first, const Matrix& x, const Integers& labels) {
  for_each_element(
      "train_digits::gather", exec, x, KOKKOS_LAMBDA(int n, int d) {
        const int image = order(first + n);
        x(n, d) = images.pixels(image, d);
        if (d == 0) labels(n) = images.labels(image);
      });
}

void add_bias_and_relu(const Exec& exec, const Vector& bias, const Matrix& x) {
  for_each_element(
      "train_digits::bias_relu", exec, x, KOKKOS_LAMBDA(int n, int d) {
        const float y = x(n, d) + bias(d);
        x(n, d) = y > 0 ? y : 0;
      });
}

// d(mean loss)/d(logits) = (softmax(logits + bias) - one_hot(label)) / rows
void softmax_cross_entropy(const Exec& exec, const Matrix& logits, const Vector& bias, const Integers& labels,
                           const Matrix& gradient, const Doubles& row_loss, const Counts& row_correct,
                           const Counts& row_images) {
  const float share = 1.0f / static_cast<float>(logits.extent_int(0));
  Kokkos::parallel_for(
      "train_digits::softmax_cross_entropy", each(exec, logits.extent_int(0)), KOKKOS_LAMBDA(int n) {
        float y[class_count];
        int best = 0;
        for (int c = 0; c < class_count; ++c) {
          y[c] = logits(n, c) + bias(c);
          if (y[c] > y[best]) best = c;
        }
        const float largest = y[best];
        const float of_label = y[labels(n)] - largest;
        float sum = 0;
        for (int c = 0; c < class_count; ++c) {
          y[c] = expf(y[c] - largest);
          sum += y[c];
        }
        for (int c = 0; c < class_count; ++c) gradient(n, c) = (y[c] / sum - (c == labels(n) ? 1.0f : 0.0f)) * share;
        row_loss(n) += static_cast<double>(logf(sum) - of_label);
        row_correct(n) += best == labels(n);
        row_images(n) += 1;
      });
}

// Rows are summed by one thread a column, from the first to the last.
void sum_rows(const Exec& exec, const Matrix& x, const Vector& sum) {
  const int rows = x.extent_int(0);
  Kokkos::parallel_for(
      "train_digits::sum_rows", each(exec, x.extent_int(1)), KOKKOS_LAMBDA(int d) {
        float s = 0;
        for (int n = 0; n < rows; ++n) s += x(n, d);
        sum(d) = s;
      });
}

// The ReLU's derivative: 1 where it let its input through.
void relu_backward(const Exec& exec, const Matrix& relu, const Matrix& gradient_in, const Matrix& gradient_out) {
  for_each_element(
      "train_digits::relu_backward", exec, relu,
      KOKKOS_LAMBDA(int n, int d) { gradient_out(n, d) = relu(n, d) > 0 ? gradient_in(n, d) : 0; });
}

void count_masked(const Exec& exec, const Matrix& before, const Matrix& after, const Counts& gradients, const Counts& masked) {
  const int columns = before.extent_int(1);
  Kokkos::parallel_for(
      "train_digits::count_masked", each(exec, before.extent_int(0)), KOKKOS_LAMBDA(int n) {
        for (int d = 0; d < columns; ++d) {
          gradients(n) += before(n, d) != 0;
          masked(n) += before(n, d) != 0 && after(n, d) == 0;
        }
      });
}

template <class Sums>
typename Sums::non_const_value_type sum(const Sums& row_sums) {
  const auto host = Kokkos::create_mirror_view(row_sums);
  Kokkos::deep_copy(host, row_sums);
  typename Sums::non_const_value_type total = 0;
  for (int n = 0; n < host.extent_int(0); ++n) total += host(n);
  return total;
}

}  // namespace

Pass::Pass(const Exec& exec, const Model& model, int rows, const Format& format, bool mask_gradient)
    : Pass(exec, model, rows, [&](const Matrix& hidden) -> std::shared_ptr<const ActivationQuantizer> {
        if (!format.is_quantized()) return nullptr;
        return std::make_shared<QuantizedActivation>(exec, hidden, format, mask_gradient);
      }) {}

Pass::Pass(const Exec& exec, const Model& model, int rows, const MakeQuantizer& make_quantizer)
    : exec_(exec),
      model_(model),
      input_(make<Matrix>("input", rows, pixel_count)),
      hidden_(make<Matrix>("hidden", rows, hidden_count)),
      hidden_gradient_(make<Matrix>("hidden_gradient", rows, hidden_count)),
      logits_(make<Matrix>("logits", rows, class_count)),
      logits_gradient_(make<Matrix>("logits_gradient", rows, class_count)),
      labels_(make<Integers>("batch_labels", rows)),
      quantizer_(make_quantizer(hidden_)),
      row_loss_(make<Doubles>("row_loss", rows)),
      row_images_(make<Counts>("row_images", rows)),
      row_correct_(make<Counts>("row_correct", rows)),
      row_gradients_(make<Counts>("row_gradients", rows)),
      row_masked_(make<Counts>("row_masked", rows)) {}

void Pass::load(const Images& images, const Integers& order, int first) const {
  gather(exec_, images, order, first, input_, labels_);
}

void Pass::forward() const {
  product(input_, model_.hidden.weight, hidden_);
  add_bias_and_relu(exec_, model_.hidden.bias, hidden_);
  if (quantizer_) quantizer_->forward();
  product(quantizer_ ? quantizer_->output() : hidden_, model_.output.weight, logits_);
  softmax_cross_entropy(exec_, logits_, model_.output.bias, labels_, logits_gradient_, row_loss_, row_correct_, row_images_);
}

void Pass::backward() const {
  product_transposed_left(quantizer_ ? quantizer_->output() : hidden_, logits_gradient_, model_.output.weight_gradient);
  sum_rows(exec_, logits_gradient_, model_.output.bias_gradient);

  if (quantizer_) {
    product_transposed_right(logits_gradient_, model_.output.weight, quantizer_->output_gradient());
    quantizer_->backward();
    count_masked(exec_, quantizer_->gradient_before_mask(), quantizer_->input_gradient(), row_gradients_, row_masked_);
    relu_backward(exec_, hidden_, quantizer_->input_gradient(), hidden_gradient_);
  } else {
    product_transposed_right(logits_gradient_, model_.output.weight, hidden_gradient_);
    relu_backward(exec_, hidden_, hidden_gradient_, hidden_gradient_);
  }

  product_transposed_left(input_, hidden_gradient_, model_.hidden.weight_gradient);
  sum_rows(exec_, hidden_gradient_, model_.hidden.bias_gradient);
}

Totals Pass::totals() const {
  return {sum(row_loss_), sum(row_images_), sum(row_correct_), sum(row_gradients_), sum(row_masked_)};
}

void Pass::reset() const {
  Kokkos::deep_copy(exec_, row_loss_, 0.0);
  Kokkos::deep_copy(exec_, row_images_, std::int64_t{0});
  Kokkos::deep_copy(exec_, row_correct_, std::int64_t{0});
  Kokkos::deep_copy(exec_, row_gradients_, std::int64_t{0});
  Kokkos::deep_copy(exec_, row_masked_, std::int64_t{0});
}

}  // namespace train_digits
