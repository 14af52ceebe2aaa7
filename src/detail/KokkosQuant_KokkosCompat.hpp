// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one place that knows how Kokkos 3.4 to 5.x differ.
#pragma once

#include <Kokkos_Core.hpp>
#include <concepts>
#include <type_traits>

#if !defined(KOKKOS_VERSION) || KOKKOS_VERSION < 30400
#error "KokkosQuant needs Kokkos 3.4 or newer"
#endif

namespace KokkosQuant::Impl {

// 3.4 has half_t alone; bhalf_t came with 3.5. Both are float, or 16 bits in builds for a device that has them.
template <class T>
concept kokkos_half = std::same_as<T, Kokkos::Experimental::half_t> && sizeof(T) == 2;
#if KOKKOS_VERSION >= 30500
template <class T>
concept kokkos_bhalf = std::same_as<T, Kokkos::Experimental::bhalf_t> && sizeof(T) == 2;
#else
template <class T>
concept kokkos_bhalf = false;
#endif

// Kokkos 3.4 has View::rank as an unsigned, 4.x as a type convertible to it, and neither is_view_v in all of them.
template <class T>
concept view = Kokkos::is_view<T>::value;
template <view V>
inline constexpr int rank_of = static_cast<int>(V::rank);

// The host's execution spaces, by the memory they work in: where the host can also reach a device's memory, or the device
// the host's, accessibility alone would not tell them apart.
template <class Exec>
concept host_space = std::same_as<typename Exec::memory_space, Kokkos::HostSpace>;

template <class Exec, class V>
inline constexpr bool reaches = Kokkos::SpaceAccessibility<Exec, typename V::memory_space>::accessible;

// Did CUDA refuse what was launched while this lived? Release builds of Kokkos do not ask, and the next call that would does not
// say whose launch it was. An error that was there before is somebody else's, and stays.
template <class Exec>
struct LaunchErrors {
  const char* found() const { return nullptr; }
};
#ifdef KOKKOS_ENABLE_CUDA
template <>
struct LaunchErrors<Kokkos::Cuda> {
  cudaError_t before = cudaPeekAtLastError();
  const char* found() const {
    if (before != cudaSuccess || cudaPeekAtLastError() == cudaSuccess) return nullptr;
    return cudaGetErrorString(cudaGetLastError());
  }
};
#endif

}  // namespace KokkosQuant::Impl
