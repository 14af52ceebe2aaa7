// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The training of one network, and of all of them side by side.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pass.hpp"

namespace train_digits {

constexpr int batch_rows = 48;  // divides the training set; and a multiple of 24, the rows of a block of KokkosBlas::gemm
constexpr float learning_rate = 0.1f;
constexpr float momentum = 0.9f;

// An element is clipped where it lies more than half a step above the largest of the 2^bits - 1 codes above zero, so a
// factor has to be below (2^bits - 1) / (2^bits - 1/2) to clip at all: 0.998, 0.968, 0.857. Fewer codes gain from
// clipping more.
constexpr std::array<Format, 4> formats{{{"float", 32, 1.0f}, {"int8", 8, 0.98f}, {"int4", 4, 0.95f}, {"int2", 2, 0.8f}}};

// A seed fixes the initial weights and the order of the images in every epoch.
constexpr std::array<std::uint64_t, 5> seeds{11, 23, 37, 53, 71};

struct Settings {
  int epochs = 30;
  int seed_count = static_cast<int>(seeds.size());  // the first so many of seeds
  bool mask_gradient = true;
};

struct Epoch {
  double training_loss;  // mean over the epoch's images, each as its minibatch met it
  double masked_share;   // of the nonzero gradients at the quantizer
};

// What became of one format and one seed.
struct Run {
  std::vector<Epoch> epochs;
  double test_accuracy = 0;  // after the last epoch, 0..1
  double seconds = 0;        // training alone
};

struct Results {
  std::array<std::vector<Run>, formats.size()> runs;  // [format][seed]
  std::vector<std::string> kernels;                   // what the plans launched
};

// Told after every epoch, when all formats have ended it.
using Progress = std::function<void(const Results&, int seed_index, int epoch)>;

Results train(const Exec& exec, const Data& data, const Settings& settings, const Progress& progress);

}  // namespace train_digits
