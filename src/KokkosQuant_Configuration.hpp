// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief What a program was built with: what a report of a bug or of a measurement should say.
#pragma once

#include <Kokkos_Core.hpp>
#include <ostream>
#include <type_traits>

#include "KokkosQuant_Version.hpp"
#include "detail/KokkosQuant_KokkosCompat.hpp"
#include "detail/backend/KokkosQuant_DeviceTuning.hpp"
#include "detail/backend/KokkosQuant_HostPack.hpp"
#include "detail/backend/KokkosQuant_HostTuning.hpp"

namespace KokkosQuant {
namespace Impl {

inline void print_compiler(std::ostream& out) {
#if defined(__NVCC__)
  out << "nvcc " << __CUDACC_VER_MAJOR__ << '.' << __CUDACC_VER_MINOR__ << " around ";
#endif
#if defined(__clang__)
  out << "clang " << __clang_version__;
#elif defined(__GNUC__)
  out << "gcc " << __VERSION__;
#else
  out << "unknown";
#endif
  out << ", C++ " << __cplusplus / 100 % 100;
}

template <class Exec>
void print_execution_space(std::ostream& out, const char* role) {
  out << "  " << role << ": " << Exec::name() << ", concurrency " << Exec().concurrency() << '\n';
}

}  // namespace Impl

/// \brief Prints versions, execution spaces, compiler and tuning, a line each, for humans: the format may change.
///
/// What stands there is that of the translation unit: programs whose files are compiled with different flags (-march) have
/// several. Kokkos must be initialized; asks each execution space for its concurrency, launches nothing.
/// \code
/// KokkosQuant::print_configuration(std::cout);
/// \endcode
inline void print_configuration(std::ostream& out) {
  out << "KokkosQuant " << KOKKOSQUANT_VERSION_MAJOR << '.' << KOKKOSQUANT_VERSION_MINOR << '.' << KOKKOSQUANT_VERSION_PATCH
      << ", Kokkos " << KOKKOS_VERSION / 10000 << '.' << KOKKOS_VERSION / 100 % 100 << '.' << KOKKOS_VERSION % 100 << '\n'
      << "  compiler: ";
  Impl::print_compiler(out);
  out << '\n';
  Impl::print_execution_space<Kokkos::DefaultExecutionSpace>(out, "default execution space");
  if constexpr (!std::is_same_v<Kokkos::DefaultExecutionSpace, Kokkos::DefaultHostExecutionSpace>)
    Impl::print_execution_space<Kokkos::DefaultHostExecutionSpace>(out, "default host execution space");
#ifdef KOKKOS_ENABLE_SERIAL
  if constexpr (!std::is_same_v<Kokkos::DefaultHostExecutionSpace, Kokkos::Serial>)
    Impl::print_execution_space<Kokkos::Serial>(out, "also");
#endif

  constexpr auto on_off = [](bool on) { return on ? "yes" : "no"; };
#ifdef __FMA__
  constexpr bool fma = true;
#else
  constexpr bool fma = false;
#endif
#ifdef __F16C__
  constexpr bool f16c = true;
#else
  constexpr bool f16c = false;
#endif
  out << "  host: vectors of " << Impl::host_vector_bytes << " bytes, FMA " << on_off(fma) << ", F16C " << on_off(f16c)
      << ", tasks of " << Impl::host_tuning.task_elements << " elements, non-temporal stores from "
      << Impl::host_tuning.streaming_bytes << " bytes\n";
#if defined(KOKKOS_ENABLE_CUDA) || defined(KOKKOS_ENABLE_HIP) || defined(KOKKOS_ENABLE_SYCL)
  constexpr auto& device = Impl::device_tuning;
  out << "  device: accesses of " << device.access_bytes << " bytes, " << device.packs_a_thread
      << " packs a thread, stripes of " << device.stripe << " threads, at most " << device.largest_launch
      << " packs a launch\n";
#endif
}

}  // namespace KokkosQuant
