// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// libFuzzer's entry points, or a main() of its own that takes random bytes.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "../KokkosQuantTest_Values.hpp"
#include "FuzzBytes.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  static const Kokkos::ScopeGuard kokkos;
  return 0;
}
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  KokkosQuantFuzz::fuzz_one(data, size);
  return 0;
}

#ifdef KOKKOSQUANT_FUZZ_STANDALONE
// Without libFuzzer: so many inputs of random bytes.
int main(int argc, char** argv) {
  LLVMFuzzerInitialize(&argc, &argv);
  KokkosQuantTest::Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  const long runs = argc > 1 ? std::atol(argv[1]) : 20000;
  for (long i = 0; i < runs; ++i) {
    std::array<std::uint8_t, 96> bytes;
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
    LLVMFuzzerTestOneInput(bytes.data(), random.below(bytes.size() + 1));
  }
  std::printf("fuzzing: %ld random inputs passed\n", runs);
  return 0;
}
#endif
