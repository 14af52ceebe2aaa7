#include <KokkosQuant.hpp>
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

  const KokkosQuant::QuantizeDescriptor range{-128, 127};
  const KokkosQuant::QuantizePerTokenPlan forward(
      exec, range, KokkosQuant::QuantizePerTokenArgs{x, scale, KokkosQuant::no_zero_point, q});
  const KokkosQuant::QuantizePerTokenBackwardPlan backward(
      exec, range, KokkosQuant::QuantizePerTokenBackwardArgs{dy, x, scale, KokkosQuant::no_zero_point, dx});
  forward.run();   // q = clamp(round(x / scale), -128, 127); asynchronous on exec, as is
  backward.run();  // dx = dy / scale where the forward did not clamp, 0 where it did
  exec.fence();
  std::cout << forward.sku() << "\n" << backward.sku() << "\n";
}
