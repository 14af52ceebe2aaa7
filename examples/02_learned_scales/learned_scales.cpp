// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The network of example 01 with everything that it multiplies in 4, 3 and 2 bits: activations with dynamic scales, one a token,
// and weights with one scale an output, which stays as it starts, or follows the largest weight, or is learned.
//
//   dynamic_activation  activations: DynamicFakeQuantizePerToken, FakeQuantizePerTokenBackward
//   quantized_weights   weights: FakeQuantizePerChannel, DynamicFakeQuantizePerChannel, LearnableFakeQuantizePerChannelBackward
//   this file           the training, with each choice of scales from the same initial weights, and the table
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "data.hpp"
#include "dynamic_activation.hpp"
#include "parse_count.hpp"
#include "pass.hpp"
#include "quantized_weights.hpp"
#include "training.hpp"

namespace learned_scales {
namespace {

using train_digits::Data;
using train_digits::Images;
using train_digits::Model;
using train_digits::Pass;

struct Options {
  int epochs = 15, seed_count = static_cast<int>(train_digits::seeds.size());
  std::string results;  // a file for all digits of the outcome
  bool check = false;
};

Options parse_options(int argc, char* argv[]) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc) throw std::runtime_error(name + " needs a value");
      return argv[++i];
    };
    if (name == "--epochs") {
      options.epochs = train_digits::parse_count(name, value(), 1000);
    } else if (name == "--seeds") {
      options.seed_count = train_digits::parse_count(name, value(), static_cast<int>(train_digits::seeds.size()));
    } else if (name == "--results") {
      options.results = value();
    } else if (name == "--check") {
      options.check = true;
    } else {
      throw std::runtime_error("unknown option '" + name +
                               "', expected --epochs N, --seeds K, --check, --results FILE or what starts with --kokkos-");
    }
  }
  return options;
}

constexpr KokkosQuant::QuantizeDescriptor range_of(int bits) { return {-(1 << (bits - 1)), (1 << (bits - 1)) - 1}; }

// Both layers' weights.
struct QuantizedModel {
  QuantizedWeights hidden, output;

  QuantizedModel(const Exec& exec, const Model& model, int bits, Scales scales)
      : hidden(exec, model.hidden, range_of(bits), scales), output(exec, model.output, range_of(bits), scales) {}

  Model seen() const { return {hidden.seen(), output.seen()}; }
  void start() const { hidden.start(), output.start(); }
  void forward() const { hidden.forward(), output.forward(); }
  void backward() const { hidden.backward(), output.backward(); }
  void step_scales(float rate, float momentum) const {
    hidden.step_scales(rate, momentum), output.step_scales(rate, momentum);
  }
};

// The pixels never change, so they are quantized once.
Images seen_through(const Exec& exec, int bits, const Images& images) {
  const DynamicActivation pixels(exec, images.pixels, range_of(bits));
  pixels.forward();
  exec.fence();
  return {pixels.output(), images.labels};
}

// What became of one seed.
struct Run {
  double loss, accuracy;  // of the last epoch's training images; 0..1, of the test images after it
  double smallest_scale;  // of all columns, after the last step
};

double smallest_of(const Vector& scale) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), scale);
  double smallest = INFINITY;
  for (std::size_t i = 0; i < host.extent(0); ++i) smallest = std::fmin(smallest, static_cast<double>(host(i)));
  return smallest;
}

// Without scales: in float.
std::vector<Run> train(const Exec& exec, const Data& data, int bits, std::optional<Scales> scales, const Options& options) {
  const Model model;
  std::optional<QuantizedModel> quantized;
  if (scales) quantized.emplace(exec, model, bits, *scales);
  const Model seen = quantized ? quantized->seen() : model;
  const Images training = scales ? seen_through(exec, bits, data.training) : data.training;
  const Images test = scales ? seen_through(exec, bits, data.test) : data.test;
  const auto make_quantizer = [&](const Matrix& hidden) -> std::shared_ptr<const train_digits::ActivationQuantizer> {
    if (!scales) return nullptr;
    return std::make_shared<DynamicActivation>(exec, hidden, range_of(bits));
  };
  const Pass batch(exec, seen, train_digits::batch_rows, make_quantizer);
  const Pass test_batch(exec, seen, train_digits::test_count, make_quantizer);

  const auto order = train_digits::make<train_digits::Integers>("order", train_digits::training_count);
  const auto test_order = train_digits::make<train_digits::Integers>("test_order", train_digits::test_count);
  train_digits::copy_to_device(train_digits::in_order(train_digits::test_count), test_order);

  std::vector<Run> runs;
  for (int s = 0; s < options.seed_count; ++s) {
    train_digits::Random random(train_digits::seeds[static_cast<std::size_t>(s)]);
    model.start_from(train_digits::InitialWeights(random));
    if (quantized) quantized->start();
    std::vector<int> numbers = train_digits::in_order(train_digits::training_count);
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
      random.shuffle(numbers);
      train_digits::copy_to_device(numbers, order);
      batch.reset();
      for (int first = 0; first < train_digits::training_count; first += train_digits::batch_rows) {
        batch.load(training, order, first);
        if (quantized) quantized->forward();
        batch.forward();
        batch.backward();
        if (quantized) quantized->backward();
        model.step(exec, train_digits::learning_rate, train_digits::momentum);
        if (quantized) quantized->step_scales(train_digits::learning_rate, train_digits::momentum);
      }
    }
    const train_digits::Totals totals = batch.totals();
    test_batch.reset();
    test_batch.load(test, test_order, 0);
    if (quantized) quantized->forward();
    test_batch.forward();
    runs.push_back({totals.loss / static_cast<double>(totals.images),
                    static_cast<double>(test_batch.totals().correct) / train_digits::test_count,
                    quantized ? std::fmin(smallest_of(quantized->hidden.scale()), smallest_of(quantized->output.scale())) : 1});
  }
  return runs;
}

struct Summary {
  double accuracy = 0, spread = 0;  // in percent: mean, standard deviation
};

Summary summarize(const std::vector<Run>& runs) {
  Summary s;
  const auto count = static_cast<double>(runs.size());
  for (const Run& run : runs) s.accuracy += 100 * run.accuracy / count;
  for (const Run& run : runs) s.spread += (100 * run.accuracy - s.accuracy) * (100 * run.accuracy - s.accuracy);
  s.spread = runs.size() > 1 ? std::sqrt(s.spread / (count - 1)) : 0;
  return s;
}

int run(const Options& options) {
  const Exec exec;
  const Data data = train_digits::split(train_digits::read_records(LEARNED_SCALES_DATA));
  for (int bits : {4, 3, 2}) {
    for (Scales scales : {Scales::fixed, Scales::largest, Scales::learned}) {
      const Kokkos::Timer timer;
      const auto runs = train(exec, data, bits, scales, options);
      const auto s = summarize(runs);
      double loss = 0, small = 1;
      for (auto& r : runs) loss += r.loss / static_cast<double>(runs.size()), small = std::fmin(small, r.smallest_scale);
      std::printf("%d %d  %.2f +- %.2f   loss %.4f  smallest %g  %.2f s\n", bits, static_cast<int>(scales), s.accuracy, s.spread, loss, small, timer.seconds());
      std::fflush(stdout);
    }
  }
  const auto s = summarize(train(exec, data, 32, std::nullopt, options));
  std::printf("float %.2f +- %.2f\n", s.accuracy, s.spread);
  return 0;
}

}  // namespace
}  // namespace learned_scales

int main(int argc, char* argv[]) {
  try {
    const Kokkos::ScopeGuard kokkos(argc, argv);
    return learned_scales::run(learned_scales::parse_options(argc, argv));
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "learned_scales: %s\n", error.what());
    return 1;
  }
}
