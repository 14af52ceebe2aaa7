// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <KokkosQuant.hpp>
#include <Kokkos_Core.hpp>
#include <cstdio>

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard guard(argc, argv);
  using Exec = Kokkos::DefaultExecutionSpace;
  Kokkos::View<float**, Exec> dy("dy", 2, 4), x("x", 2, 4), dx("dx", 2, 4);  // N x D
  Kokkos::View<float*, Exec> scale("scale", 2);
  Kokkos::View<int*, Exec> zero_point("zero_point", 2);

  const float x_values[2][4] = {{0.05f, 0.15f, -0.07f, 0.30f}, {12.5f, 1.0f, -0.25f, 4.0f}};
  auto host_dy = Kokkos::create_mirror_view(dy), host_x = Kokkos::create_mirror_view(x);
  auto host_scale = Kokkos::create_mirror_view(scale);
  for (int n = 0; n < 2; ++n) {
    host_scale(n) = n == 0 ? 0.1f : 0.5f;
    for (int d = 0; d < 4; ++d) {
      host_dy(n, d) = float(4 * n + d + 1);
      host_x(n, d) = x_values[n][d];
    }
  }
  Kokkos::deep_copy(dy, host_dy);
  Kokkos::deep_copy(x, host_x);
  Kokkos::deep_copy(scale, host_scale);

  Exec exec;
  KokkosQuant::QuantizePerTokenBackwardPlan plan(exec, KokkosQuant::QuantizeDescriptor{-20, 20},
                                                 KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, scale, zero_point, dx});
  plan.run();
  exec.fence();

  // dx = dy / scale where the quantized x is in [-20, 20]; 12.5 / 0.5 = 25 is outside.
  const float expected[2][4] = {{1 / 0.1f, 2 / 0.1f, 3 / 0.1f, 4 / 0.1f}, {0, 12, 14, 16}};
  auto result = Kokkos::create_mirror_view(dx);
  Kokkos::deep_copy(result, dx);
  int wrong = 0;
  for (int n = 0; n < 2; ++n)
    for (int d = 0; d < 4; ++d) {
      std::printf("dx(%d, %d) = %g, expected %g\n", n, d, double(result(n, d)), double(expected[n][d]));
      wrong += result(n, d) != expected[n][d];
    }
  return wrong;
}
