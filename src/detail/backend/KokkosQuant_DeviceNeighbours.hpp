// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a device's thread takes from its neighbours.
#pragma once

#include <Kokkos_Macros.hpp>
#include <cstdint>

#include "../KokkosQuant_FixedOrderSum.hpp"
#include "../KokkosQuant_KokkosCompat.hpp"

namespace KokkosQuant::Impl {

#if defined(KOKKOS_ENABLE_CUDA) || defined(KOKKOS_ENABLE_HIP)
template <class Exec>
inline constexpr bool has_neighbours = !host_space<Exec>;
#else
template <class Exec>
inline constexpr bool has_neighbours = false;
#endif

// Of all threads of a warp that are here. (Any answer is right to those who ask so to go one way together.)
KOKKOS_FORCEINLINE_FUNCTION bool is_true_for_all(bool value) {
#if defined(__CUDA_ARCH__)
  return __all_sync(__activemask(), value) != 0;
#else
  return value;
#endif
}
// The value of the thread that is so many further on, in a group of Size neighbours that all call it: a power of two of them,
// at most a warp, and index 0 of the launch starts the first group. (Kokkos gives neighbours in a warp neighbouring indices.)
template <int Size>
KOKKOS_FORCEINLINE_FUNCTION double from_neighbour(double value, [[maybe_unused]] int further) {
#if defined(__CUDA_ARCH__)
  unsigned lane;
  asm("mov.u32 %0, %%laneid;" : "=r"(lane));
  constexpr unsigned group = static_cast<unsigned>((std::uint64_t(1) << Size) - 1);
  return __shfl_down_sync(group << (lane & ~static_cast<unsigned>(Size - 1)), value, static_cast<unsigned>(further), Size);
#elif defined(__HIP_DEVICE_COMPILE__)
  return __shfl_down(value, static_cast<unsigned>(further), Size);
#else
  return value;
#endif
}
template <int Size>
KOKKOS_FORCEINLINE_FUNCTION PlainSum<double> from_neighbour(const PlainSum<double>& s, int further) {
  return {from_neighbour<Size>(s.sum, further)};
}
template <int Size>
KOKKOS_FORCEINLINE_FUNCTION CompensatedSum<double> from_neighbour(const CompensatedSum<double>& s, int further) {
  return {from_neighbour<Size>(s.sum, further), from_neighbour<Size>(s.error, further)};
}
// A sum of each of 16 such neighbours, by halves: the first one has it.
template <class Sum>
KOKKOS_FORCEINLINE_FUNCTION Sum sum_of_neighbours(Sum sum) {
  KOKKOSQUANT_UNROLL
  for (int further = sum_lanes / 2; further > 0; further /= 2) accumulate(sum, from_neighbour<sum_lanes>(sum, further));
  return sum;
}

}  // namespace KokkosQuant::Impl
