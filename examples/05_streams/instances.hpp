// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Three instances of an execution space, as independent of each other as the Kokkos at hand can make them.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstddef>
#include <vector>

namespace streams {

constexpr int instance_count = 3;

template <class Exec>
class Instances {
 public:
  Instances() {
    const Exec whole;
    // Partitions of threads need a thread each; a device has no such limit.
    const bool is_host = Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Exec::memory_space>::accessible;
#if KOKKOS_VERSION >= 40000
    if (!is_host || whole.concurrency() >= instance_count) {
      origin_ = "partitions of the default one";
      parts_ = Kokkos::Experimental::partition_space(whole, std::vector<int>(instance_count, 1));
      return;
    }
#elif defined(KOKKOS_ENABLE_CUDA)
#error "This example needs Kokkos 4 on CUDA"
#endif
    (void)is_host;
    origin_ = "copies of the default one (too few threads to cut, or a Kokkos before 4.0)";
    parts_.assign(instance_count, whole);
  }
  const Exec& operator[](int k) const { return parts_[static_cast<std::size_t>(k)]; }
  const char* origin() const { return origin_; }
  void fence() const {
    for (const Exec& part : parts_) part.fence();
  }

 private:
  const char* origin_ = "";
  std::vector<Exec> parts_;
};

}  // namespace streams
