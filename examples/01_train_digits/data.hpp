// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The handwritten digits: from the file to two sets of images.
#pragma once

#include <string>
#include <vector>

#include "types.hpp"

namespace train_digits {

constexpr int image_count = 1797;
constexpr int training_count = 1440;  // 30 minibatches of 48: none is cut short
constexpr int test_count = image_count - training_count;

struct Images {
  Matrix pixels;    // images x 64, 0..1
  Integers labels;  // 0..9
};

struct Data {
  Images training, test;
};

// One image as it stands in the file.
struct Record {
  int pixels[pixel_count];  // 0..16
  int label;
};

// Throws std::runtime_error("file:line: what was given, what was expected").
std::vector<Record> read_records(const std::string& file);

// Copies the records to the device, in two sets. The split is the same in every run.
Data split(const std::vector<Record>& records);

// 0..count-1, and such numbers on the device: an order of images.
std::vector<int> in_order(int count);
void copy_to_device(const std::vector<int>& values, const Integers& device);

}  // namespace train_digits
