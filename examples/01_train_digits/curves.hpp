// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loss curves as files.
#pragma once

#include <string>

#include "training.hpp"

namespace train_digits {

// Makes the folder if it is not there, and finds out whether files can be written in it: before the training, not
// after.
void prepare_folder(const std::string& folder);

// Writes loss.csv (every format, seed and epoch) and loss.svg (means over the seeds). A file appears whole or not at
// all. Both throw std::runtime_error that names the file.
void write_curves(const Results& results, const std::string& folder);

}  // namespace train_digits
