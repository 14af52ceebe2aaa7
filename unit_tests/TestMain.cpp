// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// main() of every test program: Kokkos around GoogleTest, and what was tested.
#include <gtest/gtest.h>

#include <KokkosQuant.hpp>
#include <Kokkos_Core.hpp>
#include <iostream>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  Kokkos::ScopeGuard kokkos(argc, argv);
  KokkosQuant::print_configuration(std::cout);
  return RUN_ALL_TESTS();
}
