// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "options.hpp"

#include <cstddef>
#include <stdexcept>

#include "parse_count.hpp"

namespace train_digits {
Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  options.data = TRAIN_DIGITS_DATA;  // set by the build: the file in the source tree
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 == arguments.size()) throw std::runtime_error(name + " needs a value; --help lists the options");
      return arguments[++i];
    };
    if (name == "--data") {
      options.data = value();
    } else if (name == "--epochs") {
      options.settings.epochs = parse_count("--epochs", value(), 1000);
    } else if (name == "--seeds") {
      options.settings.seed_count = parse_count("--seeds", value(), static_cast<int>(seeds.size()));
    } else if (name == "--out") {
      options.folder = value();
    } else if (name == "--without-mask") {
      options.settings.mask_gradient = false;
    } else if (name == "--check") {
      options.check = true;
    } else if (name == "--help" || name == "-h") {
      options.help = true;
    } else {
      throw std::runtime_error("unknown option '" + name + "'; --help lists the options");
    }
  }
  return options;
}

std::string usage() {
  const Settings defaults;
  return "train_digits [OPTIONS]\n"
         "Trains a 64-128-10 network on handwritten digits with activations of 32, 8, 4 and 2 bits, side by side.\n\n"
         "  --data FILE     the images, default " TRAIN_DIGITS_DATA
         "\n"
         "  --epochs N      default " +
         std::to_string(defaults.epochs) +
         "\n"
         "  --seeds K       the first K of the seeds named in training.hpp, default " +
         std::to_string(defaults.seed_count) +
         "\n"
         "  --out FOLDER    where loss.csv and loss.svg go, default: the current folder\n"
         "  --without-mask  takes the mask of the backward pass as 1 everywhere (wrong, for comparison)\n"
         "  --check         exit with 1 if the accuracies are not as they should be\n"
         "  --help          this text\n"
         "Arguments that start with --kokkos- are passed on to Kokkos.\n";
}

}  // namespace train_digits
