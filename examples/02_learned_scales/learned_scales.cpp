// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The network of example 01 with everything that it multiplies in 4, 3 and 2 bits: activations with dynamic scales, one a token,
// and weights with one scale an output, which stays as it starts, or follows the largest weight, or is learned.
//
//   dynamic_activation  activations: DynamicFakeQuantizePerToken, FakeQuantizePerTokenBackward
//   quantized_weights   weights: FakeQuantizePerChannel, DynamicFakeQuantizePerChannel, LearnableFakeQuantizePerChannelBackward
//   this file           the training, with each choice of scales from the same initial weights, and the table
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
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
  std::string folder;  // where loss.csv goes, all digits of every run; none: nowhere
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
    } else if (name == "--out") {
      options.folder = value();
    } else if (name == "--check") {
      options.check = true;
    } else {
      throw std::runtime_error("unknown option '" + name +
                               "', expected --epochs N, --seeds K, --check, --out FOLDER or what starts with --kokkos-");
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
  void step_scales(float rate, float momentum) const { hidden.step_scales(rate, momentum), output.step_scales(rate, momentum); }
};

// The pixels never change, so they are quantized once.
Images seen_through(const Exec& exec, int bits, const Images& images) {
  const DynamicActivation pixels(exec, images.pixels, range_of(bits));
  pixels.forward();
  exec.fence();
  return {pixels.output(), images.labels};
}

// Falls to 0 along a cosine, as in the paper: at a constant rate the last steps' noise is larger than what is to be seen here.
float rate_of(int epoch, int epochs) {
  constexpr double pi = 3.14159265358979323846;
  return train_digits::learning_rate * static_cast<float>((1 + std::cos(pi * epoch / epochs)) / 2);
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
      const float rate = rate_of(epoch, options.epochs);
      random.shuffle(numbers);
      train_digits::copy_to_device(numbers, order);
      batch.reset();
      for (int first = 0; first < train_digits::training_count; first += train_digits::batch_rows) {
        batch.load(training, order, first);
        if (quantized) quantized->forward();
        batch.forward();
        batch.backward();
        if (quantized) quantized->backward();
        model.step(exec, rate, train_digits::momentum);
        if (quantized) quantized->step_scales(rate, train_digits::momentum);
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

// One row of the table: what is trained, and what became of it.
struct Entry {
  int bits;  // 32: float
  const char* name;
  std::vector<Run> runs;

  double mean(double Run::*member) const {
    double sum = 0;
    for (const Run& run : runs) sum += run.*member;
    return sum / static_cast<double>(runs.size());
  }
  double spread() const {  // standard deviation of the accuracy
    double squares = 0;
    for (const Run& run : runs) squares += (run.accuracy - mean(&Run::accuracy)) * (run.accuracy - mean(&Run::accuracy));
    return runs.size() > 1 ? std::sqrt(squares / static_cast<double>(runs.size() - 1)) : 0;
  }
};

void print(const Entry& e) {
  std::printf("%4d  %-13s  %13.4f    %6.2f +- %5.2f\n", e.bits, e.name, e.mean(&Run::loss), 100 * e.mean(&Run::accuracy),
              100 * e.spread());
  std::fflush(stdout);
}

void write(const std::vector<Entry>& entries, const std::string& folder) {
  const std::filesystem::path file = std::filesystem::path(folder) / "loss.csv";
  std::filesystem::create_directories(folder);
  std::ofstream out(file);
  out.precision(17);
  out << "bits,scales,training_loss,test_accuracy,smallest_scale\n";
  for (const Entry& e : entries) {
    for (const Run& r : e.runs)
      out << e.bits << ',' << e.name << ',' << r.loss << ',' << r.accuracy << ',' << r.smallest_scale << '\n';
  }
  if (!out.flush()) throw std::runtime_error(file.string() + ": cannot be written");
}

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("check: " + what);
}

// Of the default epochs and seeds. The training losses tell the scales apart; of the accuracies, which differ by half a point
// from seed to seed, and as much from compiler to compiler, the distance from float is all that is sure.
void check(const Entry& reference, const Entry& fixed, const Entry& largest, const Entry& learned) {
  const auto bits = learned.bits;
  const std::string of_bits = " at " + std::to_string(bits) + " bits";
  const auto expect_share = [&](const Entry& other, double most) {
    const double share = learned.mean(&Run::loss) / other.mean(&Run::loss);
    expect(share < most, "the training loss of learned scales is " + std::to_string(share) + " of that of scales '" +
                             other.name + "', expected less than " + std::to_string(most) + of_bits);
  };
  expect_share(fixed, bits == 4 ? 1 : 0.9);
  if (bits == 2) expect_share(largest, 0.8);
  const double distance = 100 * (reference.mean(&Run::accuracy) - learned.mean(&Run::accuracy));
  expect(distance < (bits == 2 ? 4 : 1.5), "learned scales are " + std::to_string(distance) + " points from float" + of_bits);
  for (const Run& run : learned.runs) expect(run.smallest_scale > 0, "a learned scale is not positive" + of_bits);
}

int run(const Options& options) {
  const Exec exec;
  const Data data = train_digits::split(train_digits::read_records(LEARNED_SCALES_DATA));
  std::printf("%s, %d epochs, mean of %d seeds (+- standard deviation)\n\n", Exec::name(), options.epochs, options.seed_count);
  std::printf("bits  weight scales  training loss  test accuracy, %%\n");
  std::vector<Entry> entries;
  const auto add = [&](int bits, const char* name, std::optional<Scales> scales) {
    entries.push_back({bits, name, train(exec, data, bits, scales, options)});
    print(entries.back());
  };
  add(32, "none", std::nullopt);
  for (const int bits : {4, 3, 2}) {
    add(bits, "fixed", Scales::fixed);
    add(bits, "largest", Scales::largest);
    add(bits, "learned", Scales::learned);
  }
  if (!options.folder.empty()) write(entries, options.folder);
  if (options.check) {
    for (std::size_t i = 1; i < entries.size(); i += 3) check(entries[0], entries[i], entries[i + 1], entries[i + 2]);
    std::printf("check: the losses and accuracies are as promised\n");
  }
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
