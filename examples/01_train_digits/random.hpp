// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SplitMix64 (Steele, Lea, Flood 2014): the standard library's distributions differ between its implementations, this
// does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace train_digits {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // In [-bound, bound): 24 random bits, so that the conversion to float is exact.
  float uniform(float bound) { return (static_cast<float>(next() >> 40) * 0x1p-23f - 1.0f) * bound; }

  // Fisher and Yates. The remainder favours small numbers by less than 2^-50.
  void shuffle(std::vector<int>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[next() % i]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace train_digits
