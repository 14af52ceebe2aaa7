// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// examples/00_first_program without KokkosQuant: what the same program costs in Kokkos alone.
#include <Kokkos_Core.hpp>
#include <cstdint>
#include <iostream>

int main() {
  Kokkos::ScopeGuard kokkos;
  const Kokkos::DefaultExecutionSpace exec;
  const int tokens = 1000, width = 256;
  Kokkos::View<float**> x("x", tokens, width), dy("dy", tokens, width), dx("dx", tokens, width);
  Kokkos::View<std::int8_t**> q("q", tokens, width);
  Kokkos::View<float*> scale("scale", tokens);
  Kokkos::deep_copy(x, 0.3f);
  Kokkos::deep_copy(dy, 1.0f);
  Kokkos::deep_copy(scale, 0.1f);
  exec.fence();
  std::cout << exec.name() << "\n";
}
