// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What halos cost and what they do to the result where they are sent as double, float, int16 within an error bound, or int8. The
// errors are against a run of one rank in double, and they stay below what can be proved: no step makes a row larger than it was
// (|1 - 4c| + 4c = 1), so what a halo adds to a row, c times its own error, is never enlarged.
//
//     mpiexec -n 4 halo [--grid <columns>] [--rows <n>] [--steps <n>] [--corrupt]
#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "heat.hpp"

namespace {

using namespace halo;

struct Options {
  int grid = 256, rows = 0, steps = 100;  // columns; rows are as many unless told
  bool corrupt = false;
};
Options options_of(int argc, char* argv[]) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const auto number = [&] { return i + 1 < argc ? std::atoi(argv[++i]) : 0; };
    if (std::strcmp(argv[i], "--grid") == 0)
      o.grid = number();
    else if (std::strcmp(argv[i], "--rows") == 0)
      o.rows = number();
    else if (std::strcmp(argv[i], "--steps") == 0)
      o.steps = number();
    else if (std::strcmp(argv[i], "--corrupt") == 0)
      o.corrupt = true;
    else
      throw std::invalid_argument(std::string("unknown argument ") + argv[i] +
                                  ": expected --grid, --rows, --steps or --corrupt");
  }
  if (o.grid < piece || o.grid % piece != 0)
    throw std::invalid_argument("--grid is " + std::to_string(o.grid) + ": expected a multiple of " + std::to_string(piece));
  if (o.rows == 0) o.rows = o.grid;
  if (o.rows < 1) throw std::invalid_argument("--rows is " + std::to_string(o.rows) + ": expected at least 1");
  if (o.steps < 1) throw std::invalid_argument("--steps is " + std::to_string(o.steps) + ": expected at least 1");
  return o;
}

// The largest |a - b| over a strip that begins at b's row `first`, and the largest |a|; over all ranks.
double largest_difference(const Exec& exec, const examples::Ranks& ranks, const Strip& s, const Field& a, const Field& b) {
  double largest = 0;
  Kokkos::parallel_reduce(
      "halo::largest_difference", Grid(exec, {1, 0}, {s.rows + 1, s.columns}),
      KOKKOS_LAMBDA(const int i, const int j, double& most) {
        const double d = a(i, j) - b(i + s.first, j), magnitude = d < 0 ? -d : d;
        if (!(magnitude <= most)) most = magnitude;
      },
      Kokkos::Max<double>(largest));
  exec.fence();
  return ranks.largest(largest);
}

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("expected " + what);
}

struct Reference {
  Result result;
  double bytes = 0;  // of the halos in double
};

// What an element of a halo may be off by: of the solution, and of the gradient's.
struct Promise {
  double forward, adjoint;
  double least_ratio;  // of bytes
};

template <class Payload>
void measure(const Exec& exec, examples::Ranks& ranks, const Strip& s, const char* name, const Payload& payload,
             const Options& o, Reference& reference, const Promise& promise) {
  const auto before = ranks.traffic().sent;
  const Result r = run_heat(exec, ranks, s, payload, o.steps, o.corrupt);
  const double bytes = ranks.sum(static_cast<double>(ranks.traffic().sent - before));
  const double seconds = ranks.largest(r.seconds), exchange = ranks.largest(r.exchange_seconds);
  if (reference.bytes == 0) reference.bytes = bytes;
  const double solution = largest_difference(exec, ranks, s, r.solution, reference.result.solution);
  const double gradient = largest_difference(exec, ranks, s, r.gradient, reference.result.gradient);
  // Half the steps' rows at most are off by c * forward each step; roundings of the sums are in units of 2^-53 of numbers below 2.
  const double roundings = 8.0 * o.steps * 0x1p-52;
  const double solution_bound = o.steps * step_ratio * promise.forward;
  const double gradient_bound = solution_bound + o.steps * promise.adjoint + roundings;
  const double ratio = reference.bytes / bytes;
  if (ranks.rank() == 0)
    std::printf("%-22s %12.0f %7.2f %9.4f %9.4f %11.2e %11.2e %11.2e %11.2e\n", name, bytes, ratio, seconds, exchange, solution,
                solution_bound, gradient, gradient_bound);
  const bool exact = promise.forward == 0;
  require(exact ? solution == 0 : solution <= solution_bound + roundings, std::string(name) + ": a solution within its bound");
  require(gradient <= gradient_bound, std::string(name) + ": a gradient within its bound");
  require(ratio >= promise.least_ratio, std::string(name) + ": " + std::to_string(promise.least_ratio) + " times fewer bytes");
}

int run(examples::Ranks& ranks, const Options& o) {
  const Exec exec;
  const auto row_at = [&](int rank) { return static_cast<int>(static_cast<std::int64_t>(o.rows) * rank / ranks.size()); };
  const Strip strip{o.grid, row_at(ranks.rank()), row_at(ranks.rank() + 1) - row_at(ranks.rank())};
  require(strip.rows >= 1, "at most as many ranks as rows of the grid");

  examples::print_devices(ranks, exec);
  // Each rank also runs the whole grid alone: its own neighbour, in double.
  MPI_Comm alone = MPI_COMM_NULL;
  examples::check_mpi(MPI_Comm_dup(MPI_COMM_SELF, &alone), "MPI_Comm_dup");
  Reference reference;
  {
    examples::Ranks one(alone);
    reference.result = run_heat(exec, one, Strip{o.grid, 0, o.rows}, KokkosQuant::RowsAs<double>{}, o.steps, false);
  }
  examples::check_mpi(MPI_Comm_free(&alone), "MPI_Comm_free");

  if (ranks.rank() == 0) {
    const auto route = examples::route_of<Space>();
    std::printf("%d x %d, %d steps there and back, %d ranks on %s, messages: %s\n", o.rows, o.grid, o.steps, ranks.size(),
                Exec::name(), examples::to_string(route));
    std::printf("%-22s %12s %7s %9s %9s %11s %11s %11s %11s\n", "halos as", "bytes", "fewer", "seconds", "exchange", "solution",
                "at most", "gradient", "at most");
  }
  // The solution stays within 0 and 1 (and a little, as errors of halos add up), the gradient within -1 and 1; what ghost rows
  // send back is c times that.
  const double c = step_ratio, eps = 1e-4, room = 1.25;
  measure(exec, ranks, strip, "double", KokkosQuant::RowsAs<double>{}, o, reference, {0, 0, 1});
  measure(exec, ranks, strip, "float", KokkosQuant::RowsAs<float>{}, o, reference, {room * 0x1p-24, room * c * 0x1p-24, 1.8});
  measure(exec, ranks, strip, "int16 within 1e-4", KokkosQuant::RowsWithin{eps}, o, reference, {eps, eps, 3.1});
  measure(exec, ranks, strip, "int8, a scale per 64", KokkosQuant::RowsAs<std::int8_t>{}, o, reference,
          {room / 254, room * c / 254, 5});
  if (ranks.rank() == 0) std::printf("all errors are within their bounds\n");
  return 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  return examples::run_ranks("halo", argc, argv, [&](examples::Ranks& ranks) { return run(ranks, options_of(argc, argv)); });
}
