// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches on the three instances, recorded once and run again: a graph on CUDA, plain launches elsewhere.
#pragma once

#include <Kokkos_Core.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "instances.hpp"

namespace streams {

template <class Exec>
class Replay {
 public:
  static const char* name() { return "replayed by launching again"; }
  Replay(const Instances<Exec>&, std::function<void()> launches) : launches_(std::move(launches)) {}
  void run() const { launches_(); }

 private:
  std::function<void()> launches_;
};

#ifdef KOKKOS_ENABLE_CUDA
// The capture begins on the first instance's stream, branches to the others', and joins them again at its end: what the
// instances did beside each other, the graph does.
template <>
class Replay<Kokkos::Cuda> {
 public:
  static const char* name() { return "replayed as a CUDA graph"; }

  // launches() was called before: the first launch of a kernel loads it, which cannot be captured.
  Replay(const Instances<Kokkos::Cuda>& instances, const std::function<void()>& launches)
      : stream_(instances[0].cuda_stream()) {
    Event fork, join[instance_count];
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    check(cudaEventRecord(fork.get(), stream_), "cudaEventRecord");
    for (int k = 1; k < instance_count; ++k)
      check(cudaStreamWaitEvent(instances[k].cuda_stream(), fork.get(), 0), "cudaStreamWaitEvent");
    launches();
    for (int k = 1; k < instance_count; ++k) {
      check(cudaEventRecord(join[k].get(), instances[k].cuda_stream()), "cudaEventRecord");
      check(cudaStreamWaitEvent(stream_, join[k].get(), 0), "cudaStreamWaitEvent");
    }
    check(cudaStreamEndCapture(stream_, &graph), "cudaStreamEndCapture");
    const cudaError_t code = cudaGraphInstantiate(&executable_, graph, 0);
    (void)cudaGraphDestroy(graph);
    check(code, "cudaGraphInstantiate");
  }
  ~Replay() { (void)cudaGraphExecDestroy(executable_); }
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  void run() const { check(cudaGraphLaunch(executable_, stream_), "cudaGraphLaunch"); }  // in the first instance's order

 private:
  static void check(cudaError_t code, const char* call) {
    if (code != cudaSuccess) throw std::runtime_error(std::string(call) + ": " + cudaGetErrorString(code));
  }
  class Event {
   public:
    Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreate"); }
    ~Event() { (void)cudaEventDestroy(event_); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    cudaEvent_t get() const { return event_; }

   private:
    cudaEvent_t event_ = nullptr;
  };

  cudaStream_t stream_;
  cudaGraphExec_t executable_ = nullptr;
};
#endif

}  // namespace streams
