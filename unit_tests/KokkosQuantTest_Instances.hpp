// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Two instances of an execution space, as independent of each other as the Kokkos at hand can make them.
#pragma once

#include <Kokkos_Core.hpp>
#include <memory>
#include <utility>

namespace KokkosQuantTest {

/// On a device two streams that do not wait for the default one; on the host partitions of the default instance, which
/// Kokkos can make since 4.0, and before two copies of it.
template <class Exec>
class TwoInstances {
 public:
  /// Tools can tell them apart; the host's spaces have one id for all instances.
  static constexpr bool have_ids = false;
  /// The instances end with this object, whoever holds copies.
  static constexpr bool owns_streams = false;

#if KOKKOS_VERSION >= 40000
  TwoInstances() {
    auto parts = Kokkos::Experimental::partition_space(Exec(), 1, 1);
    first_ = std::make_unique<Exec>(std::move(parts[0]));
    second_ = std::make_unique<Exec>(std::move(parts[1]));
  }
#else
  TwoInstances() : first_(std::make_unique<Exec>()), second_(std::make_unique<Exec>()) {}
#endif
  const Exec& first() const { return *first_; }
  const Exec& second() const { return *second_; }

 private:
  std::unique_ptr<Exec> first_, second_;
};

#ifdef KOKKOS_ENABLE_CUDA
template <>
class TwoInstances<Kokkos::Cuda> {
 public:
  static constexpr bool have_ids = true;
  static constexpr bool owns_streams = true;

  TwoInstances() : first_(stream_[0].get()), second_(stream_[1].get()) {}
  const Kokkos::Cuda& first() const { return first_; }
  const Kokkos::Cuda& second() const { return second_; }

 private:
  class Stream {
   public:
    Stream() {
      if (cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking) != cudaSuccess) Kokkos::abort("no stream");
    }
    ~Stream() { (void)cudaStreamDestroy(stream_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    cudaStream_t get() const { return stream_; }

   private:
    cudaStream_t stream_;
  };

  Stream stream_[2];
  Kokkos::Cuda first_, second_;
};
#endif

}  // namespace KokkosQuantTest
