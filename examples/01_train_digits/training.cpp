// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "training.hpp"

#include <cstddef>

#include "quantized_activation.hpp"
#include "random.hpp"

namespace train_digits {
namespace {

static_assert(training_count % batch_rows == 0, "every minibatch has to be full: the plans hold Views of its size");

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

// The pixels never change, so they are quantized once a format; and nobody asks for their gradient.
Images seen_through(const Exec& exec, const Format& format, const Images& images) {
  if (!format.is_quantized()) return images;
  const QuantizedActivation pixels(exec, images.pixels, format);
  pixels.forward();
  exec.fence();  // the plans' codes and scales end here
  return {pixels.output(), images.labels};
}

class Trainer {
 public:
  Trainer(const Exec& exec, const Data& data, const Format& format, bool mask_gradient)
      : exec_(exec),
        training_(seen_through(exec, format, data.training)),
        test_(seen_through(exec, format, data.test)),
        batch_(exec, model_, batch_rows, format, mask_gradient),
        test_batch_(exec, model_, test_count, format, mask_gradient),
        test_order_(make<Integers>("test_order", test_count)) {
    copy_to_device(in_order(test_count), test_order_);
  }

  void start_from(const InitialWeights& weights) const { model_.start_from(weights); }

  Epoch run_epoch(const Integers& order) const {
    batch_.reset();
    for (int first = 0; first < training_count; first += batch_rows) {
      batch_.load(training_, order, first);
      batch_.forward();
      batch_.backward();
      model_.step(exec_, learning_rate, momentum);
    }
    const Totals totals = batch_.totals();
    return {totals.loss / static_cast<double>(totals.images), share(totals.masked, totals.gradients)};
  }

  double test_accuracy() const {
    test_batch_.reset();
    test_batch_.load(test_, test_order_, 0);
    test_batch_.forward();
    const Totals totals = test_batch_.totals();
    return share(totals.correct, totals.images);
  }

  const std::shared_ptr<const ActivationQuantizer>& quantizer() const { return batch_.quantizer(); }

 private:
  Exec exec_;
  Images training_, test_;
  Model model_;
  Pass batch_, test_batch_;
  Integers test_order_;
};

}  // namespace

Results train(const Exec& exec, const Data& data, const Settings& settings, const Progress& progress) {
  Results results;
  std::vector<Trainer> trainers;
  for (const Format& format : formats) {
    trainers.emplace_back(exec, data, format, settings.mask_gradient);
    if (trainers.back().quantizer()) results.kernels = trainers.back().quantizer()->kernels();
  }

  const auto device_order = make<Integers>("order", training_count);
  for (int s = 0; s < settings.seed_count; ++s) {
    Random random(seeds[static_cast<std::size_t>(s)]);
    const InitialWeights weights(random);
    for (std::size_t f = 0; f < formats.size(); ++f) {
      trainers[f].start_from(weights);
      results.runs[f].emplace_back();
    }
    std::vector<int> order = in_order(training_count);
    for (int epoch = 0; epoch < settings.epochs; ++epoch) {
      random.shuffle(order);
      copy_to_device(order, device_order);
      for (std::size_t f = 0; f < formats.size(); ++f) {
        exec.fence();
        const Kokkos::Timer timer;
        Run& run = results.runs[f].back();
        run.epochs.push_back(trainers[f].run_epoch(device_order));
        run.seconds += timer.seconds();  // run_epoch ends with copies to the host: nothing is left running
        if (epoch + 1 == settings.epochs) run.test_accuracy = trainers[f].test_accuracy();
      }
      progress(results, s, epoch);
    }
  }
  return results;
}

}  // namespace train_digits
