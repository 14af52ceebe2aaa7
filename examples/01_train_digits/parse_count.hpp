// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <charconv>
#include <stdexcept>
#include <string>
#include <system_error>

namespace train_digits {

// An argument that has to be an integer of 1..largest, all of it; name stands in the message of the std::runtime_error.
inline int parse_count(const std::string& name, const std::string& text, int largest) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end || value < 1 || value > largest) {
    throw std::runtime_error(name + " is '" + text + "', expected an integer of 1.." + std::to_string(largest));
  }
  return value;
}

}  // namespace train_digits
