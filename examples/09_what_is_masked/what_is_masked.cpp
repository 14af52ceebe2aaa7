// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two tables, which docs/figures.py draws: what a quantizer of 3 bits and its gradients make of each x, and the largest error
// over the number of bits. Both are held to what the documentation says of them.
//   what_is_masked > tables.csv
#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <limits>

namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using KokkosQuant::no_zero_point;
int wrong = 0;

template <class View>
auto on_host(const View& view) {
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
}

// x from -3 to 2.5 in steps of 1/64, range [-4, 3], scale 1/2: all quotients are exact.
void masked(const Exec& exec) {
  constexpr int D = 5 * 64 + 32 + 1;
  constexpr KokkosQuant::QuantizeDescriptor range{-4, 3};
  const Kokkos::View<float**, Exec> x("x", 1, D), dy("dy", 1, D), y("y", 1, D), dx("dx", 1, D), fake_dx("fake_dx", 1, D);
  const Kokkos::View<std::int8_t**, Exec> q("q", 1, D);
  const Kokkos::View<float, Exec> scale("scale");
  const auto host_x = Kokkos::create_mirror_view(x);
  for (int d = 0; d < D; ++d) host_x(0, d) = -3 + static_cast<float>(d) / 64;
  Kokkos::deep_copy(x, host_x);
  Kokkos::deep_copy(dy, 1.0f);
  Kokkos::deep_copy(scale, 0.5f);

  using namespace KokkosQuant;
  QuantizePerTensorPlan(exec, range, QuantizePerTensorArgs{x, scale, no_zero_point, q}).run();
  FakeQuantizePerTensorPlan(exec, range, FakeQuantizePerTensorArgs{x, scale, no_zero_point, y}).run();
  QuantizePerTensorBackwardPlan(exec, range, QuantizePerTensorBackwardArgs{dy, x, scale, no_zero_point, dx}).run();
  FakeQuantizePerTensorBackwardPlan(exec, range, FakeQuantizePerTensorBackwardArgs{dy, x, scale, no_zero_point, fake_dx}).run();
  exec.fence();

  const auto codes = on_host(q);
  const auto fake = on_host(y), gradient = on_host(dx), fake_gradient = on_host(fake_dx);
  std::cout << "x,t,q,fake,dx,fake_dx\n";
  for (int d = 0; d < D; ++d) {
    const double t = 2.0 * static_cast<double>(host_x(0, d)), r = std::nearbyint(t);
    const bool inside = r >= range.q_min && r <= range.q_max;
    if (codes(0, d) != std::clamp(r, -4.0, 3.0) || fake(0, d) != 0.5f * static_cast<float>(codes(0, d)) ||
        gradient(0, d) != (inside ? 2.0f : 0.0f) || fake_gradient(0, d) != (inside ? 1.0f : 0.0f))
      ++wrong;
    std::cout << host_x(0, d) << ',' << t << ',' << int(codes(0, d)) << ',' << fake(0, d) << ',' << gradient(0, d) << ','
              << fake_gradient(0, d) << '\n';
  }
}

// Numbers in [-1, 1), the same everywhere.
double number(int n, int d) {
  std::uint64_t z = (static_cast<std::uint64_t>(n) << 32 | static_cast<std::uint32_t>(d)) + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return std::ldexp(static_cast<double>((z ^ (z >> 31)) >> 11), -52) - 1;
}

// The largest |x' - x| for x as it was before it was stored as T, range [-q_max, q_max], scale 1 / q_max.
template <class T>
double largest_error(const Exec& exec, int bits) {
  constexpr int N = 64, D = 256;
  using C = KokkosQuant::compute_t<T>;
  const std::int32_t q_max = (1 << (bits - 1)) - 1;
  const Kokkos::View<T**, Exec> x("x", N, D), y("y", N, D);
  const Kokkos::View<C, Exec> scale("scale");
  const auto host_x = Kokkos::create_mirror_view(x);
  for (int n = 0; n < N; ++n)
    for (int d = 0; d < D; ++d) host_x(n, d) = static_cast<T>(number(n, d));
  Kokkos::deep_copy(x, host_x);
  Kokkos::deep_copy(scale, C(1) / static_cast<C>(q_max));
  KokkosQuant::FakeQuantizePerTensorPlan(exec, KokkosQuant::QuantizeDescriptor{-q_max, q_max},
                                         KokkosQuant::FakeQuantizePerTensorArgs{x, scale, no_zero_point, y})
      .run();
  exec.fence();
  const auto fake = on_host(y);
  double largest = 0;
  for (int n = 0; n < N; ++n)
    for (int d = 0; d < D; ++d) largest = std::max(largest, std::abs(static_cast<double>(fake(n, d)) - number(n, d)));
  return largest;
}
// half a step, and T's and C's roundings of numbers up to 1
void expect_at_most(double error, int bits, double unit) {
  const double half_step = 0.5 / ((1 << (bits - 1)) - 1);
  if (error > half_step + 3 * unit) ++wrong;
}

void errors(const Exec& exec) {
  std::cout << "bits,double,float,half,bfloat16\n";
  for (int bits = 2; bits <= 24; ++bits) {
    const double d = largest_error<double>(exec, bits), f = largest_error<float>(exec, bits),
                 h = largest_error<KokkosQuant::half_t>(exec, bits), b = largest_error<KokkosQuant::bfloat16_t>(exec, bits);
    expect_at_most(d, bits, 0x1p-53);
    expect_at_most(f, bits, 0x1p-24);
    expect_at_most(h, bits, 0x1p-11);
    expect_at_most(b, bits, 0x1p-8);
    std::cout << bits << ',' << d << ',' << f << ',' << h << ',' << b << '\n';
  }
}

}  // namespace

int main() {
  const Kokkos::ScopeGuard kokkos;
  const Exec exec;
  std::cout.precision(std::numeric_limits<double>::max_digits10);
  masked(exec);
  errors(exec);
  if (wrong != 0) std::cerr << wrong << " numbers are not as the documentation says\n";
  return wrong == 0 ? 0 : 1;
}
