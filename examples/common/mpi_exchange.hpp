// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the examples need of MPI: ranks that end together when one of them fails, messages whose lengths are checked and whose
// bytes are counted, and buffers that MPI can reach.
//
//     int main(int argc, char* argv[]) {
//       return examples::run_ranks("halo", argc, argv, [](examples::Ranks& ranks) { ...; return 0; });
//     }
#pragma once

#include <mpi.h>
#if defined(OPEN_MPI)
#include <mpi-ext.h>
#endif

#include <Kokkos_Core.hpp>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace examples {

// Throws std::runtime_error with MPI's words for the code. MPI returns codes to run_ranks' communicator only.
inline void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw std::runtime_error(std::string(call) + ": " + std::string(text, static_cast<std::size_t>(length)));
}

// What a rank sent and received by messages.
struct Traffic {
  std::int64_t sent = 0, received = 0;  // bytes
  std::int64_t messages = 0;            // sent
};

// The ranks of a job as one of them sees it. A message that is longer or shorter than its receiver expects is refused. Pointers
// are to memory that MPI can reach (StagedBuffer).
class Ranks {
 public:
  explicit Ranks(MPI_Comm comm) : comm_(comm) {
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
    check_mpi(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
    check_mpi(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  }
  int rank() const { return rank_; }
  int size() const { return size_; }
  MPI_Comm comm() const { return comm_; }
  const Traffic& traffic() const { return traffic_; }

  void start_send(const void* bytes, std::size_t count, int to, int tag) {
    Pending pending{MPI_REQUEST_NULL, -1, to};
    check_mpi(MPI_Isend(bytes, int_of(count), MPI_BYTE, to, tag, comm_, &pending.request), "MPI_Isend");
    pending_.push_back(pending);
    traffic_.sent += static_cast<std::int64_t>(count);
    ++traffic_.messages;
  }
  void start_receive(void* bytes, std::size_t count, int from, int tag) {
    Pending pending{MPI_REQUEST_NULL, int_of(count), from};
    check_mpi(MPI_Irecv(bytes, int_of(count), MPI_BYTE, from, tag, comm_, &pending.request), "MPI_Irecv");
    pending_.push_back(pending);
  }
  // Ends what was started; throws std::runtime_error where a message has not the length that was expected.
  void wait_all() {
    const std::vector<Pending> pending = std::move(pending_);
    pending_.clear();
    for (Pending p : pending) {
      MPI_Status status;
      const int code = MPI_Wait(&p.request, &status);
      const std::string peer = " rank " + std::to_string(p.peer);
      check_mpi(code, (p.expected < 0 ? "a message to" + peer : "a message from" + peer).c_str());
      if (p.expected < 0) continue;
      int got = 0;
      check_mpi(MPI_Get_count(&status, MPI_BYTE, &got), "MPI_Get_count");
      if (got != p.expected) {
        throw std::runtime_error("a message from" + peer + " has " + std::to_string(got) + " bytes, expected " +
                                 std::to_string(p.expected));
      }
      traffic_.received += got;
    }
  }

  // For what is printed at the end: not counted as traffic.
  double sum(double value) const { return reduce(value, MPI_SUM); }
  double largest(double value) const { return reduce(value, MPI_MAX); }
  // A word of every rank, in their order; on rank 0 alone.
  std::vector<std::string> words(const std::string& word) const {
    constexpr std::size_t room = 96;
    std::vector<char> own(room, '\0'), all(rank_ == 0 ? room * static_cast<std::size_t>(size_) : 0);
    word.copy(own.data(), room - 1);
    check_mpi(MPI_Gather(own.data(), room, MPI_CHAR, all.data(), room, MPI_CHAR, 0, comm_), "MPI_Gather");
    std::vector<std::string> result;
    for (std::size_t at = 0; at < all.size(); at += room) result.emplace_back(all.data() + at);
    return result;
  }
  void barrier() const { check_mpi(MPI_Barrier(comm_), "MPI_Barrier"); }

 private:
  struct Pending {
    MPI_Request request;
    int expected;  // bytes; -1: this is a send
    int peer;
  };
  static int int_of(std::size_t count) {
    if (count > static_cast<std::size_t>(INT_MAX)) {
      throw std::runtime_error("a message of " + std::to_string(count) + " bytes, expected at most " + std::to_string(INT_MAX));
    }
    return static_cast<int>(count);
  }
  double reduce(double value, MPI_Op op) const {
    double result = 0;
    check_mpi(MPI_Allreduce(&value, &result, 1, MPI_DOUBLE, op, comm_), "MPI_Allreduce");
    return result;
  }

  MPI_Comm comm_;
  int rank_ = 0, size_ = 1;
  Traffic traffic_;
  std::vector<Pending> pending_;
};

// Runs body(ranks) with MPI and Kokkos up, and returns what it returns. A rank that throws says who it is and why, and ends the
// whole job by MPI_Abort: the others would wait for its messages for ever. Kokkos gets argv, and takes its own arguments out.
template <class Body>
int run_ranks(const char* program, int argc, char* argv[], const Body& body) {
  MPI_Init(&argc, &argv);
  int result = 0;
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  try {
    const Kokkos::ScopeGuard kokkos(argc, argv);
    try {
      Ranks ranks(MPI_COMM_WORLD);
      result = body(ranks);
    } catch (const std::exception& error) {
      std::fflush(stdout);
      std::fprintf(stderr, "%s: rank %d of %d failed: %s\n", program, rank, size, error.what());
      std::fflush(stderr);
      MPI_Abort(MPI_COMM_WORLD, 1);
      std::abort();
    }
  } catch (const std::exception& error) {  // Kokkos itself
    std::fprintf(stderr, "%s: rank %d of %d failed: %s\n", program, rank, size, error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return result;
}

// ------------------------------------------------------------------------------------------------------- devices

// Which device an instance runs on; nothing on a host. (Kokkos gives each rank of a machine its own, as far as there are some: by the
// local rank that MPI's launcher sets. Before Kokkos 3.7 it does so with --kokkos-num-devices=<n> alone.)
template <class Exec>
std::string device_of([[maybe_unused]] const Exec& exec) {
#ifdef KOKKOS_ENABLE_CUDA
  if constexpr (std::is_same_v<Exec, Kokkos::Cuda>) {
    const int device = exec.cuda_device();
    char bus[32] = "?";
    cudaDeviceProp properties;
    if (cudaDeviceGetPCIBusId(bus, sizeof bus, device) != cudaSuccess ||
        cudaGetDeviceProperties(&properties, device) != cudaSuccess)
      return "GPU " + std::to_string(device);
    return "GPU " + std::to_string(device) + ", " + properties.name + " at " + bus;
  }
#endif
  return {};
}
// Rank 0 prints which rank has which device.
template <class Exec>
void print_devices(const Ranks& ranks, const Exec& exec) {
  int rank = 0;
  for (const std::string& device : ranks.words(device_of(exec))) {
    if (!device.empty()) std::printf("rank %d: %s\n", rank, device.c_str());
    ++rank;
  }
}

// ------------------------------------------------------------------------------------------------------- buffers

// Memory of the host that a device copies to and from at full speed; on the host plain memory.
#if defined(KOKKOS_HAS_SHARED_HOST_PINNED_SPACE)
using PinnedSpace = Kokkos::SharedHostPinnedSpace;
#elif defined(KOKKOS_ENABLE_CUDA)
using PinnedSpace = Kokkos::CudaHostPinnedSpace;
#else
using PinnedSpace = Kokkos::HostSpace;
#endif

// May MPI be given pointers to the device's memory? Asked at run time, of an MPI that can answer. (Open MPI says how it was built: where
// its parameters switch that off, KOKKOSQUANT_MPI_STAGED has to be set as well.)
inline bool mpi_reaches_devices() {
#if defined(MPIX_CUDA_AWARE_SUPPORT)
  return MPIX_Query_cuda_support() == 1;
#else
  return false;
#endif
}

enum class Route { host, device, staged };

// How messages leave memory of this space. KOKKOSQUANT_MPI_STAGED=1 in the environment forces the way through pinned memory,
// also on the host, where only a test would want it.
template <class Space>
Route route_of() {
  const char* const forced = std::getenv("KOKKOSQUANT_MPI_STAGED");
  if (forced != nullptr && std::string(forced) == "1") return Route::staged;
  if (Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Space::memory_space>::accessible) return Route::host;
  return mpi_reaches_devices() ? Route::device : Route::staged;
}
inline const char* to_string(Route route) {
  switch (route) {
    case Route::host: return "host memory, directly";
    case Route::device: return "device memory, directly (MPI says that it is GPU-aware)";
    default: return "staged in pinned host memory";
  }
}

// The elements of a contiguous View of rank 1, and the memory where MPI reads or writes them: the same, or a copy in pinned memory.
//
//     buffer.prepare_send(exec);     ranks.start_send(buffer.mpi_data(), buffer.bytes(), to, tag);
//     ranks.start_receive(buffer.mpi_data(), ...);  ranks.wait_all();  buffer.finish_receive(exec);
template <class View>
class StagedBuffer {
 public:
  using value_type = typename View::non_const_value_type;
  static_assert(View::rank == 1 && std::is_trivially_copyable_v<value_type>);

  explicit StagedBuffer(const View& view) : view_(view), route_(route_of<typename View::memory_space>()) {
    if (!view.span_is_contiguous()) throw std::runtime_error(view.label() + ": a buffer for MPI has to be contiguous");
    if (route_ == Route::staged)
      staged_ = Staged(Kokkos::view_alloc(Kokkos::WithoutInitializing, view.label()), view.extent(0));
  }
  const View& view() const { return view_; }
  Route route() const { return route_; }
  std::size_t bytes() const { return view_.extent(0) * sizeof(value_type); }

  // The address of an element for MPI; behind the last one for an empty rest.
  value_type* mpi_data(std::size_t first = 0) const {
    return (route_ == Route::staged ? staged_.data() : view_.data()) + first;
  }

  // What kernels on exec wrote to the View is what MPI reads. Waits for exec: MPI knows nothing of it.
  template <class Exec>
  void prepare_send(const Exec& exec) const {
    if (route_ == Route::staged) Kokkos::deep_copy(exec, staged_, view_);
    exec.fence();
  }
  // Kernels on exec read what MPI wrote; asynchronous on exec. Fence before MPI writes there again.
  template <class Exec>
  void finish_receive(const Exec& exec) const {
    if (route_ == Route::staged) Kokkos::deep_copy(exec, view_, staged_);
  }

 private:
  using Staged = Kokkos::View<value_type*, Kokkos::LayoutRight, PinnedSpace>;
  View view_;
  Route route_;
  Staged staged_;
};

}  // namespace examples
