// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <vector>

#include "training.hpp"

namespace train_digits {

struct Options {
  Settings settings;
  std::string data;          // the CSV file
  std::string folder = ".";  // where loss.csv and loss.svg go
  bool check = false;
  bool help = false;
};

// Without the program's name and without what is meant for Kokkos. Throws std::runtime_error that names the argument.
Options parse_options(const std::vector<std::string>& arguments);

std::string usage();

}  // namespace train_digits
