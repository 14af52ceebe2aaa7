// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What Kokkos tells its tools while a test runs: kernels, allocations, copies, fences.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

/// Kokkos tells its tools of fences, and gives instances of a device ids of their own, since 3.5. Before, fence
/// callbacks can be set and never fire, and all instances of a space have one id.
#define KOKKOSQUANT_TEST_KOKKOS_REPORTS_FENCES_AND_INSTANCES (KOKKOS_VERSION >= 30500)

namespace KokkosQuantTest {

/// Something that Kokkos reported, as text, and the device id that came with it.
struct ToolsEvent {
  std::string what;
  std::uint32_t device = 0;
  bool operator==(const ToolsEvent&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const ToolsEvent& e) {
  return out << e.what << " (device " << e.device << ")";
}
inline ToolsEvent parallel_for_event(const std::string& label, std::uint32_t device) {
  return {"parallel_for " + label, device};
}

/// Listens from its construction to its destruction; one at a time.
class ToolsRecorder {
 public:
  ToolsRecorder() {
    using namespace Kokkos::Tools::Experimental;
    current() = this;
    set_begin_parallel_for_callback(
        [](const char* label, std::uint32_t device, std::uint64_t* id) { add("parallel_for", label, device, id); });
    set_begin_parallel_reduce_callback(
        [](const char* label, std::uint32_t device, std::uint64_t* id) { add("parallel_reduce", label, device, id); });
    set_begin_parallel_scan_callback(
        [](const char* label, std::uint32_t device, std::uint64_t* id) { add("parallel_scan", label, device, id); });
    set_allocate_data_callback([](Kokkos::Tools::SpaceHandle, const char* label, const void*, std::uint64_t bytes) {
      // Kokkos asks for the scratch memory of every team policy on CUDA, of zero bytes where none was wanted.
      if (bytes != 0) add("allocate", label);
    });
    set_deallocate_data_callback(
        [](Kokkos::Tools::SpaceHandle, const char* label, const void*, std::uint64_t) { add("deallocate", label); });
    set_begin_deep_copy_callback([](Kokkos::Tools::SpaceHandle, const char* to, const void*, Kokkos::Tools::SpaceHandle,
                                    const char*, const void*, std::uint64_t) { add("deep_copy", to); });
    set_begin_fence_callback([](const char* name, std::uint32_t device, std::uint64_t* id) {
      // Kokkos fences before it calls a tool: not what is tested.
      if (std::string(name).find("Profile Tool Fence") == std::string::npos) add("fence", name, device, id);
    });
  }
  ~ToolsRecorder() {
    using namespace Kokkos::Tools::Experimental;
    set_begin_parallel_for_callback(nullptr);
    set_begin_parallel_reduce_callback(nullptr);
    set_begin_parallel_scan_callback(nullptr);
    set_allocate_data_callback(nullptr);
    set_deallocate_data_callback(nullptr);
    set_begin_deep_copy_callback(nullptr);
    set_begin_fence_callback(nullptr);
    current() = nullptr;
  }
  ToolsRecorder(const ToolsRecorder&) = delete;
  ToolsRecorder& operator=(const ToolsRecorder&) = delete;

  const std::vector<ToolsEvent>& events() const { return events_; }

 private:
  static ToolsRecorder*& current() {
    static ToolsRecorder* recorder = nullptr;
    return recorder;
  }
  static void add(const std::string& what, const char* label, std::uint32_t device = 0, std::uint64_t* id = nullptr) {
    if (id != nullptr) *id = current()->events_.size();
    current()->events_.push_back({what + " " + label, device});
  }

  std::vector<ToolsEvent> events_;
};

/// All that Kokkos reported while f ran.
template <class F>
std::vector<ToolsEvent> reported_during(const F& f) {
  const ToolsRecorder recorder;
  f();
  return recorder.events();
}

}  // namespace KokkosQuantTest
