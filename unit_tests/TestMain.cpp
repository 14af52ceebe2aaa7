// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// main() of every test program: Kokkos around GoogleTest, and what was tested.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <Kokkos_Core.hpp>
#include <iostream>

namespace {

template <class Exec>
void print_space(const char* role) {
  std::cout << "[ Kokkos   ] " << role << ": " << Exec::name() << ", concurrency " << Exec().concurrency() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  Kokkos::ScopeGuard kokkos(argc, argv);
  std::cout << "[ Kokkos   ] version " << KOKKOS_VERSION / 10000 << '.' << KOKKOS_VERSION / 100 % 100 << '.'
            << KOKKOS_VERSION % 100 << ", KokkosQuant " << KOKKOSQUANT_VERSION_MAJOR << '.' << KOKKOSQUANT_VERSION_MINOR << '.'
            << KOKKOSQUANT_VERSION_PATCH << '\n';
  print_space<Kokkos::DefaultExecutionSpace>("default");
  print_space<Kokkos::DefaultHostExecutionSpace>("host");
  return RUN_ALL_TESTS();
}
