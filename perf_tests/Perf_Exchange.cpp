// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What docs/scaling_model.py adds up, one by one: a kernel of nearly nothing, a message between two ranks, rows packed and unpacked.
//
//     mpiexec -n 2 kokkosquant_perf_exchange
//     KOKKOSQUANT_MPI_STAGED=1 mpiexec -n 2 kokkosquant_perf_exchange
#include <KokkosQuant.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

#include "../examples/common/mpi_exchange.hpp"

namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;
using Bytes = Kokkos::View<std::byte*, Memory>;

// Microseconds a call: the best of five rounds behind an untimed one.
template <class Run>
double microseconds(const Exec& exec, int calls, const Run& run) {
  run();
  exec.fence();
  double best = INFINITY;
  for (int round = 0; round < 5; ++round) {
    const Kokkos::Timer timer;
    for (int c = 0; c < calls; ++c) run();
    exec.fence();
    best = std::min(best, timer.seconds() / calls);
  }
  return 1e6 * best;
}

struct Touch {
  std::byte* at;
  KOKKOS_FUNCTION void operator()(const int) const { *at = std::byte{1}; }
};
void measure_launch(const Exec& exec) {
  const Bytes one("KokkosQuantPerf::one", 1);
  const auto launch = [&] {
    Kokkos::parallel_for("KokkosQuantPerf::launch", Kokkos::RangePolicy<Exec>(exec, 0, 1), Touch{one.data()});
  };
  std::printf("a kernel: %.2f us, with a fence behind each %.2f us\n", microseconds(exec, 1000, launch),
              microseconds(exec, 1000, [&] {
                launch();
                exec.fence();
              }));
}

// From rank 0 to rank 1 and back, as the examples send: half the time of both ways.
void measure_messages(const Exec& exec, examples::Ranks& ranks) {
  for (std::size_t size = 8; size <= (std::size_t{1} << 28); size *= 8) {
    const examples::StagedBuffer<Bytes> buffer(Bytes("KokkosQuantPerf::message", size));
    const int peer = 1 - ranks.rank(), calls = size < 100000 ? 200 : 10;
    const auto send = [&] {
      buffer.prepare_send(exec);
      ranks.start_send(buffer.mpi_data(), size, peer, 0);
      ranks.wait_all();
    };
    const auto receive = [&] {
      ranks.start_receive(buffer.mpi_data(), size, peer, 0);
      ranks.wait_all();
      buffer.finish_receive(exec);
      exec.fence();
    };
    ranks.barrier();
    const double time = microseconds(exec, calls,
                                     [&] {
                                       ranks.rank() == 0 ? send() : receive();
                                       ranks.rank() == 0 ? receive() : send();
                                     }) /
                        2;
    if (ranks.rank() == 0)
      std::printf("a message of %9zu bytes: %9.2f us, %7.2f GB/s\n", size, time, 1e-3 * static_cast<double>(size) / time);
  }
}

template <class Descriptor>
void measure_rows(const Exec& exec, const char* name, std::int64_t count, std::int64_t columns) {
  using Field = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;
  const auto n = static_cast<std::size_t>(count), d = static_cast<std::size_t>(columns);
  const Field x("KokkosQuantPerf::x", 8 * n, d);  // every eighth row of a field is one of a face
  Kokkos::deep_copy(x, 1.5);
  const Kokkos::View<int*, Memory> rows("KokkosQuantPerf::rows", n);
  const auto on_host = Kokkos::create_mirror_view(rows);
  for (std::size_t j = 0; j < n; ++j) on_host(j) = static_cast<int>(8 * j);
  Kokkos::deep_copy(rows, on_host);
  const Bytes buffer("KokkosQuantPerf::buffer", static_cast<std::size_t>(Descriptor::buffer_size(count, columns)));
  Descriptor descriptor;
  if constexpr (std::is_same_v<Descriptor, KokkosQuant::RowsWithin>) descriptor.eps = 1e-3;
  const KokkosQuant::PackRowsPlan pack(exec, descriptor, KokkosQuant::PackRowsArgs{x, rows, buffer});
  const KokkosQuant::UnpackRowsPlan unpack(exec, descriptor, KokkosQuant::UnpackRowsArgs{buffer, rows, x});
  const KokkosQuant::UnpackAddRowsPlan add(exec, descriptor, KokkosQuant::UnpackAddRowsArgs{buffer, rows, x});
  const auto bytes = static_cast<double>(buffer.size() + n * d * sizeof(double));
  const auto print = [&](const char* what, double time, double moved) {
    std::printf("  %-9s %9.2f us %7.1f GB/s", what, time, 1e-3 * moved / time);
  };
  std::printf("%8lld rows of %5lld as %-6s:", static_cast<long long>(count), static_cast<long long>(columns), name);
  print("pack", microseconds(exec, 20, [&] { pack.run(); }), bytes);
  print("unpack", microseconds(exec, 20, [&] { unpack.run(); }), bytes);
  print("add", microseconds(exec, 20, [&] { add.run(); }), bytes + static_cast<double>(n * d * sizeof(double)));
  print("validate", microseconds(exec, 5, [&] { (void)unpack.validate(); }), static_cast<double>(buffer.size()));
  std::printf("\n");
}

int run(examples::Ranks& ranks) {
  const Exec exec;
  examples::print_devices(ranks, exec);
  if (ranks.rank() == 0) {
    std::printf("%d ranks on %s, messages: %s\n", ranks.size(), Exec::name(),
                examples::to_string(examples::route_of<Memory>()));
    measure_launch(exec);
  }
  if (ranks.size() == 2) measure_messages(exec, ranks);
  if (ranks.rank() == 0) {
    // A message of a few rows; the faces of cubes of 28^3, 55^3, 128^3 and 256^3 cells with 8 or 64 fields; long rows.
    const std::int64_t shapes[][2] = {{4, 64},           {256, 64},           {6 * 55 * 55, 8}, {6 * 256 * 256, 8},
                                      {6 * 28 * 28, 64}, {6 * 128 * 128, 64}, {4096, 4096}};
    for (const auto& [count, columns] : shapes) {
      measure_rows<KokkosQuant::RowsAs<double>>(exec, "double", count, columns);
      measure_rows<KokkosQuant::RowsAs<float>>(exec, "float", count, columns);
      measure_rows<KokkosQuant::RowsWithin>(exec, "int16", count, columns);
      measure_rows<KokkosQuant::RowsAs<std::int8_t>>(exec, "int8", count, columns);
    }
  }
  ranks.barrier();
  return 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  return examples::run_ranks("kokkosquant_perf_exchange", argc, argv, [](examples::Ranks& ranks) { return run(ranks); });
}
