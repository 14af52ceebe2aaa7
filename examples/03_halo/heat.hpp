// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The heat equation on a periodic grid, u' = laplace u, by explicit Euler steps, in strips of rows with a ghost row on both sides;
// and the gradient of 1/2 |u(T) - target|^2 by u(0), by the adjoint steps.
#pragma once

#include <Kokkos_Core.hpp>
#include <string>

#include "halo.hpp"

namespace halo {

inline constexpr double step_ratio = 0.2;  // of the time step to the mesh width squared; stable up to 1/4

using Grid = Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>, Kokkos::IndexType<int>>;

struct Strip {
  int columns, first, rows;  // of the grid: first .. first + rows - 1
};

// Two warm spots; the same on every number of ranks. And what we would like to have at the end.
inline void fill_start(const Exec& exec, const Strip& s, const Field& u) {
  Kokkos::parallel_for(
      "halo::fill_start", Grid(exec, {1, 0}, {s.rows + 1, s.columns}), KOKKOS_LAMBDA(const int i, const int j) {
        const int row = s.first + i - 1, n = s.columns;
        const auto spot = [=](int r, int c, int width) {
          const int di = row > r ? row - r : r - row, dj = j > c ? j - c : c - j;
          return di < width && dj < width ? double(width - di) * double(width - dj) / double(width * width) : 0.0;
        };
        u(i, j) = spot(n / 2, n / 3, n / 4) + 0.5 * spot(3 * n / 4, 3 * n / 4, n / 8);
      });
}
inline void fill_target(const Exec& exec, const Strip& s, const Field& u) {
  Kokkos::parallel_for(
      "halo::fill_target", Grid(exec, {1, 0}, {s.rows + 1, s.columns}), KOKKOS_LAMBDA(const int i, const int j) {
        const int row = s.first + i - 1, n = s.columns;
        u(i, j) = double((row * (n - row)) % n) / double(4 * n) + double(j) / double(2 * n);
      });
}

// next = u + ratio * laplace u
inline void heat_step(const Exec& exec, const Strip& s, const Field& u, const Field& next) {
  constexpr double c = step_ratio;
  Kokkos::parallel_for(
      "halo::heat_step", Grid(exec, {1, 0}, {s.rows + 1, s.columns}), KOKKOS_LAMBDA(const int i, const int j) {
        const int left = j == 0 ? s.columns - 1 : j - 1, right = j == s.columns - 1 ? 0 : j + 1;
        next(i, j) = (1 - 4 * c) * u(i, j) + c * ((u(i, left) + u(i, right)) + (u(i - 1, j) + u(i + 1, j)));
      });
}
// The transpose: what each element of next got from u goes back, also from the ghost rows, which are not this strip's.
inline void heat_step_adjoint(const Exec& exec, const Strip& s, const Field& dnext, const Field& du) {
  constexpr double c = step_ratio;
  Kokkos::parallel_for(
      "halo::heat_step_adjoint", Grid(exec, {0, 0}, {s.rows + 2, s.columns}), KOKKOS_LAMBDA(const int i, const int j) {
        const int left = j == 0 ? s.columns - 1 : j - 1, right = j == s.columns - 1 ? 0 : j + 1;
        const bool inside = i >= 1 && i <= s.rows;
        const double above = i >= 2 ? dnext(i - 1, j) : 0, below = i <= s.rows - 1 ? dnext(i + 1, j) : 0;
        const double own = inside ? (1 - 4 * c) * dnext(i, j) + c * (dnext(i, left) + dnext(i, right)) : 0;
        du(i, j) = own + c * (above + below);
      });
}

struct Result {
  Field solution, gradient;          // of the strip, ghost rows included
  double seconds, exchange_seconds;  // the second is a part of the first
};

template <class Payload>
Result run_heat(const Exec& exec, examples::Ranks& ranks, const Strip& s, const Payload& payload, int steps, bool corrupt) {
  const auto field = [&](const std::string& name) {
    return Field(name, static_cast<std::size_t>(s.rows + 2), static_cast<std::size_t>(s.columns));
  };
  const Field u = field("halo::u"), next = field("halo::next"), target = field("halo::target");
  Halo<Payload> halo(exec, payload, ranks, u);
  HaloAdjoint<Payload> adjoint(exec, payload, ranks, next);
  fill_start(exec, s, u);
  fill_target(exec, s, target);
  exec.fence();
  ranks.barrier();
  const Kokkos::Timer timer;
  double exchange_seconds = 0;
  const auto timed = [&](auto& messages) {
    exec.fence();  // (as messages do anyway)
    const Kokkos::Timer exchange_timer;
    messages.exchange();
    exec.fence();
    exchange_seconds += exchange_timer.seconds();
  };
  for (int t = 0; t < steps; ++t) {
    if (corrupt && t == steps / 2) halo.exchange_corrupted();
    timed(halo);
    heat_step(exec, s, u, next);
    Kokkos::deep_copy(exec, u, next);
  }
  const Field solution = field("halo::solution");
  Kokkos::deep_copy(exec, solution, u);
  // u is the gradient from here on: first that by the last u
  Kokkos::parallel_for(
      "halo::loss", Grid(exec, {1, 0}, {s.rows + 1, s.columns}),
      KOKKOS_LAMBDA(const int i, const int j) { u(i, j) -= target(i, j); });
  for (int t = 0; t < steps; ++t) {
    heat_step_adjoint(exec, s, u, next);
    timed(adjoint);
    Kokkos::deep_copy(exec, u, next);
  }
  exec.fence();
  return {solution, u, timer.seconds(), exchange_seconds};
}

}  // namespace halo
