// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Uses the op of KokkosQuant_DropOutliers.hpp as any op of the library, and holds it to its formula, element by element.
#include <KokkosQuant.hpp>
#include <bit>
#include <cmath>
#include <iostream>
#include <limits>

#include "KokkosQuant_DropOutliers.hpp"

namespace {

using Exec = Kokkos::DefaultExecutionSpace;
constexpr int N = 37, D = 101;  // multiples of no pack
constexpr KokkosQuant::QuantizeDescriptor range{-8, 7};

double value(int n, int d) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const int k = (n * D + d) % 64;
  if (k == 0) return std::numeric_limits<double>::quiet_NaN();
  if (k <= 2) return k == 1 ? infinity : -infinity;
  return k == 3 ? -0.0 : 0.25 * (k - 34);  // steps of 1/4 from -7.75 to 7.25: with the scales below also bounds themselves
}
float scale_of(int cell) { return std::ldexp(1.0f, -(cell % 4)); }  // 1, 1/2, 1/4, 1/8
int zero_point_of(int cell) { return cell % 3 - 1; }

// The formula in double, which is exact here.
double expected(int cell, double x) {
  const double scale = scale_of(cell), lowest = (range.q_min - zero_point_of(cell)) * scale,
               highest = (range.q_max - zero_point_of(cell)) * scale;
  return lowest <= x && x <= highest ? x : 0.0;
}

// cells: how many scales; cell(n, d): whose it is
template <class T, class Layout, class Cell, class MakePlan>
int wrong(const char* what, std::size_t cells, const Cell& cell, const MakePlan& make_plan) {
  const Exec exec;
  const Kokkos::View<T**, Layout, Exec> x("x", N, D), y("y", N, D);
  const Kokkos::View<float*, Exec> scale("scale", cells);
  const Kokkos::View<int*, Exec> zero_point("zero_point", cells);
  const auto host_x = Kokkos::create_mirror_view(x), host_y = Kokkos::create_mirror_view(y);
  const auto host_scale = Kokkos::create_mirror_view(scale);
  const auto host_zero_point = Kokkos::create_mirror_view(zero_point);
  for (int n = 0; n < N; ++n)
    for (int d = 0; d < D; ++d) host_x(n, d) = static_cast<T>(value(n, d));
  for (int c = 0; c < static_cast<int>(cells); ++c) {
    host_scale(c) = scale_of(c);
    host_zero_point(c) = zero_point_of(c);
  }
  Kokkos::deep_copy(x, host_x);
  Kokkos::deep_copy(scale, host_scale);
  Kokkos::deep_copy(zero_point, host_zero_point);

  const auto plan = make_plan(exec, x, scale, zero_point, y);
  plan.run();
  exec.fence();
  Kokkos::deep_copy(host_y, y);
  int different = 0;
  for (int n = 0; n < N; ++n)
    for (int d = 0; d < D; ++d)  // bits, as zeros have signs
      different += std::bit_cast<std::uint64_t>(static_cast<double>(host_y(n, d))) !=
                   std::bit_cast<std::uint64_t>(expected(cell(n, d), value(n, d)));
  std::cout << plan.sku() << ", " << what << ": " << different << " of " << N * D << " wrong\n";
  return different;
}

template <class T, class Layout>
int wrong_of_type(const char* layout) {
  //! [use]
  const auto per_token = [](const auto& exec, const auto& x, const auto& scale, const auto& zero_point, const auto& y) {
    return KokkosQuant::DropOutliersPerTokenPlan(exec, range, KokkosQuant::DropOutliersPerTokenArgs{x, scale, zero_point, y});
  };
  //! [use]
  const auto per_channel = [](const auto& exec, const auto& x, const auto& scale, const auto& zero_point, const auto& y) {
    return KokkosQuant::DropOutliersPerChannelPlan(exec, range,
                                                   KokkosQuant::DropOutliersPerChannelArgs{x, scale, zero_point, y});
  };
  return wrong<T, Layout>(
             layout, N, [](int n, int) { return n; }, per_token) +
         wrong<T, Layout>(
             layout, D, [](int, int d) { return d; }, per_channel);
}

}  // namespace

int main() {
  const Kokkos::ScopeGuard kokkos;
  const int all = wrong_of_type<float, Kokkos::LayoutRight>("right") + wrong_of_type<float, Kokkos::LayoutLeft>("left") +
                  wrong_of_type<KokkosQuant::bfloat16_t, Kokkos::LayoutRight>("right");
  std::cout << (all == 0 ? "the op follows its formula\n" : "the op is wrong\n");
  return all == 0 ? 0 : 1;
}
