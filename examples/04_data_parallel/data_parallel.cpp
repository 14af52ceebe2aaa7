// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The network of example 01, trained on several ranks: each computes the gradients of its shards of every minibatch, and they
// exchange them as floats or as int8 with a scale a row.
//
//   wire                rows of floats as bytes of a message, by the plans
//   gradient_exchange   who sends which rows to whom, and in which order they are summed
//   this file           the training, three times: as one rank would do it alone, with floats, with int8
#include <bit>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "data.hpp"
#include "gradient_exchange.hpp"
#include "pass.hpp"
#include "training.hpp"

namespace data_parallel {
namespace {

using train_digits::Model;

struct Options {
  int epochs = 20, seed_count = 3, width = 64;
  int shard_count = 4, shard_rows = train_digits::batch_rows / 4;  // a minibatch: their product

  int batch_rows() const { return shard_count * shard_rows; }
  std::string results;  // a file for what has to be the same on any number of ranks
  std::string fault;    // throw, truncate, kill: what rank fault_rank does in its second minibatch
  int fault_rank = 0;
  bool check = false;
};

int parse_count(const std::string& name, const std::string& text, int smallest, int largest) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end || value < smallest || value > largest) {
    throw std::runtime_error(name + " is '" + text + "', expected an integer of " + std::to_string(smallest) + ".." +
                             std::to_string(largest));
  }
  return value;
}

Options parse_options(int argc, char* argv[]) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc) throw std::runtime_error(name + " needs a value");
      return argv[++i];
    };
    if (name == "--epochs") {
      options.epochs = parse_count(name, value(), 1, 1000);
    } else if (name == "--seeds") {
      options.seed_count = parse_count(name, value(), 1, static_cast<int>(train_digits::seeds.size()));
    } else if (name == "--width") {  // of the rows that share a scale
      options.width = parse_count(name, value(), 4, 1 << 16);
      if (options.width % 4 != 0)
        throw std::runtime_error("--width is " + std::to_string(options.width) + ", expected a multiple of 4");
    } else if (name == "--shards") {  // of a minibatch
      options.shard_count = parse_count(name, value(), 1, train_digits::training_count);
    } else if (name == "--shard-images") {
      options.shard_rows = parse_count(name, value(), 1, train_digits::training_count);
    } else if (name == "--results") {
      options.results = value();
    } else if (name == "--check") {
      options.check = true;
    } else if (name == "--fault") {
      options.fault = value();
      if (options.fault != "throw" && options.fault != "truncate" && options.fault != "kill") {
        throw std::runtime_error("--fault is '" + options.fault + "', expected throw, truncate or kill");
      }
    } else if (name == "--fault-rank") {
      options.fault_rank = parse_count(name, value(), 0, 1 << 20);
    } else if (name.compare(0, 9, "--kokkos-") != 0) {
      throw std::runtime_error(
          "unknown option '" + name +
          "', expected --epochs N, --seeds N, --width D, --check, --results FILE, --fault KIND, --fault-rank R");
    }
  }
  return options;
}

// FNV-1a over the bits of all weights.
template <class View>
void add_to_hash(std::uint64_t& hash, const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
  for (std::size_t i = 0; i < host.size(); ++i) {
    hash = (hash ^ std::bit_cast<std::uint32_t>(host.data()[i])) * 0x100000001b3u;
  }
}
std::uint64_t hash_of(const Model& model) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  add_to_hash(hash, model.hidden.weight);
  add_to_hash(hash, model.hidden.bias);
  add_to_hash(hash, model.output.weight);
  add_to_hash(hash, model.output.bias);
  return hash;
}

// What one way of training came to, over all seeds.
struct Outcome {
  double accuracy = 0;  // on the test images: the mean over the seeds, 0..1
  double loss = 0;      // of the last epoch, the same
  double seconds = 0, exchange_seconds = 0;
  std::int64_t steps = 0;
  examples::Traffic traffic;          // of this rank
  std::vector<std::uint64_t> hashes;  // of the weights, one a seed
};

// wire: none where every rank trains alone, on whole minibatches.
Outcome train(const Exec& exec, examples::Ranks& ranks, const train_digits::Data& data, std::optional<Wire> wire,
              const Options& options) {
  const train_digits::Format format = train_digits::formats[0];  // float activations: the messages alone are quantized here
  const Model model;
  const int rows = wire ? options.shard_rows : options.batch_rows();
  const train_digits::Pass batch(exec, model, rows, format, true), test(exec, model, train_digits::test_count, format, true);
  std::optional<GradientExchange> exchange;
  if (wire) exchange.emplace(exec, ranks, model, *wire, options.width, options.shard_count);
  const auto order = train_digits::make<train_digits::Integers>("order", train_digits::training_count);
  const auto test_order = train_digits::make<train_digits::Integers>("test_order", train_digits::test_count);
  train_digits::copy_to_device(train_digits::in_order(train_digits::test_count), test_order);

  Outcome outcome;
  const examples::Traffic before = ranks.traffic();
  for (int s = 0; s < options.seed_count; ++s) {
    train_digits::Random random(train_digits::seeds[static_cast<std::size_t>(s)]);
    model.start_from(train_digits::InitialWeights(random));
    if (exchange) exchange->forget();
    std::vector<int> numbers = train_digits::in_order(train_digits::training_count);
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
      random.shuffle(numbers);
      train_digits::copy_to_device(numbers, order);
      batch.reset();
      exec.fence();
      const Kokkos::Timer timer;
      for (int first = 0; first < train_digits::training_count; first += options.batch_rows(), ++outcome.steps) {
        if (exchange) {
          for (int shard = exchange->first_shard(); shard < exchange->first_shard() + exchange->own_shards(); ++shard) {
            batch.load(data.training, order, first + shard * options.shard_rows);
            batch.forward();
            batch.backward();
            exchange->take_shard(shard);
          }
          if (!options.fault.empty() && ranks.rank() == options.fault_rank && outcome.steps == 1) {
            if (options.fault == "throw") throw std::runtime_error("told to throw in the second minibatch");
            if (options.fault == "kill") std::raise(SIGKILL);
            exchange->send_one_byte_less();
          }
          exec.fence();
          const Kokkos::Timer exchange_timer;
          exchange->run();
          exec.fence();
          outcome.exchange_seconds += exchange_timer.seconds();
        } else {
          batch.load(data.training, order, first);
          batch.forward();
          batch.backward();
        }
        model.step(exec, train_digits::learning_rate, train_digits::momentum);
      }
      exec.fence();
      outcome.seconds += timer.seconds();
    }
    const train_digits::Totals totals = batch.totals();
    const double images = wire ? ranks.sum(static_cast<double>(totals.images)) : static_cast<double>(totals.images);
    outcome.loss += (wire ? ranks.sum(totals.loss) : totals.loss) / images / options.seed_count;
    test.reset();
    test.load(data.test, test_order, 0);
    test.forward();
    outcome.accuracy += static_cast<double>(test.totals().correct) / train_digits::test_count / options.seed_count;
    outcome.hashes.push_back(hash_of(model));
  }
  outcome.traffic.sent = ranks.traffic().sent - before.sent;
  outcome.traffic.received = ranks.traffic().received - before.received;
  outcome.traffic.messages = ranks.traffic().messages - before.messages;
  return outcome;
}

std::string hex(const std::vector<std::uint64_t>& hashes) {
  std::string text;
  for (const std::uint64_t hash : hashes) {
    char word[20];
    std::snprintf(word, sizeof word, " %016llx", static_cast<unsigned long long>(hash));
    text += word;
  }
  return text;
}

// Every rank has to end with the same weights: half a hash at a time is a number that a double holds.
void require_same_everywhere(const examples::Ranks& ranks, const std::vector<std::uint64_t>& hashes, const char* name) {
  for (const std::uint64_t hash : hashes) {
    for (const std::uint64_t half : {hash >> 32, hash & 0xffffffffu}) {
      const auto value = static_cast<double>(half);
      if (ranks.largest(value) != value || -ranks.largest(-value) != value) {
        throw std::runtime_error(std::string("the ranks end with different weights, exchange of ") + name);
      }
    }
  }
}

void print(const char* name, const Outcome& o, const examples::Ranks& ranks) {
  const double sent = ranks.sum(static_cast<double>(o.traffic.sent)),
               messages = ranks.sum(static_cast<double>(o.traffic.messages));
  const auto steps = static_cast<double>(o.steps);
  const double seconds = ranks.largest(o.seconds), exchange = ranks.largest(o.exchange_seconds);
  if (ranks.rank() != 0) return;
  std::printf("%-9s %9.4f %9.2f %14.0f %14.1f %11.1f %11.1f\n", name, o.loss, 100 * o.accuracy, sent / steps / ranks.size(),
              messages / steps / ranks.size(), 1e6 * seconds / steps, 1e6 * exchange / steps);
}

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("check: " + what);
}

int run(examples::Ranks& ranks, int argc, char* argv[]) {
  const Options options = parse_options(argc, argv);
  const Exec exec;
  examples::print_devices(ranks, exec);
  const train_digits::Data data = train_digits::split(train_digits::read_records(DATA_PARALLEL_DATA));
  if (ranks.rank() == 0) {
    std::printf("%d ranks, %s, %d shards of %d images; rows of %d; messages: %s\n\n", ranks.size(), Exec::name(),
                options.shard_count, options.shard_rows, options.width, to_string(examples::route_of<Exec>()));
    std::printf(
        "exchange       loss  accuracy     bytes sent       messages     us, all  us, exchange\n"
        "                            %%   a rank, step    a rank, step      a step       a step\n");
  }
  const Outcome alone = train(exec, ranks, data, std::nullopt, options);
  print("one rank", alone, ranks);
  const Outcome exact = train(exec, ranks, data, Wire::exact, options);
  print("float", exact, ranks);
  const Outcome coded = train(exec, ranks, data, Wire::int8, options);
  print("int8", coded, ranks);
  require_same_everywhere(ranks, exact.hashes, "float");
  require_same_everywhere(ranks, coded.hashes, "int8");

  const double ratio = static_cast<double>(exact.traffic.sent) / static_cast<double>(coded.traffic.sent);
  if (ranks.rank() == 0) {
    if (ranks.size() > 1) std::printf("\nint8 sends %.2f times fewer bytes, scales counted\n", ratio);
    std::printf("weights, float:%s\nweights, int8: %s\n", hex(exact.hashes).c_str(), hex(coded.hashes).c_str());
    if (!options.results.empty()) {
      std::ofstream out(options.results);
      out << "float" << hex(exact.hashes) << "\nint8" << hex(coded.hashes) << "\n";
      if (!out.flush()) throw std::runtime_error(options.results + ": cannot be written");
    }
  }
  if (options.check) {
    for (const Outcome* o : {&exact, &coded}) {
      expect(std::fabs(o->accuracy - alone.accuracy) <= 0.005, "the accuracy is " + std::to_string(100 * o->accuracy) +
                                                                   " %, expected within 0.5 points of one rank's, " +
                                                                   std::to_string(100 * alone.accuracy) + " %");
    }
    expect(ranks.size() == 1 || options.width < 64 || ratio >= 3.5,
           "int8 sends " + std::to_string(ratio) + " times fewer bytes, expected at least 3.5");
    if (ranks.rank() == 0) std::printf("check: the accuracies and the bytes are as promised\n");
  }
  return 0;
}

}  // namespace
}  // namespace data_parallel

int main(int argc, char* argv[]) {
  return examples::run_ranks("data_parallel", argc, argv,
                             [&](examples::Ranks& ranks) { return data_parallel::run(ranks, argc, argv); });
}
