// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the program prints.
#pragma once

#include <string>
#include <vector>

#include "training.hpp"

namespace train_digits {

void print_setup(const Exec& exec, const Settings& settings);

// One line a seed: on a terminal it is written over after every epoch, elsewhere it appears when the seed is done.
class ProgressLine {
 public:
  explicit ProgressLine(const Settings& settings);
  void operator()(const Results& results, int seed_index, int epoch) const;

 private:
  Settings settings_;
  bool terminal_;
};

void print_table(const Results& results);

// The accuracies that this example promises: a message for each one that does not hold.
std::vector<std::string> broken_promises(const Results& results);

}  // namespace train_digits
