// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of 16 bytes from an array to a team's scratch memory, which need no registers while they are on their way.
#pragma once

#include <cstdint>

#include "KokkosQuant_DeviceWords.hpp"

namespace KokkosQuant::Impl {

// Both addresses are multiples of 16 bytes. What is copied is there once the thread has waited, for others after a barrier.
KOKKOS_FORCEINLINE_FUNCTION void copy_to_scratch(void* to, const void* from) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(to))),
               "l"(__cvta_generic_to_global(from))
               : "memory");
#else
  struct alignas(16) Pack {
    Words<4> words;
  };
  *static_cast<Pack*>(to) = *static_cast<const Pack*>(from);
#endif
}
// Where there is something to copy; without a branch.
KOKKOS_FORCEINLINE_FUNCTION void copy_to_scratch(void* to, const void* from, bool is_there) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("{ .reg .pred p; setp.ne.s32 p, %2, 0; @p cp.async.cg.shared.global [%0], [%1], 16; }" ::"r"(
                   static_cast<std::uint32_t>(__cvta_generic_to_shared(to))),
               "l"(__cvta_generic_to_global(from)), "r"(static_cast<int>(is_there))
               : "memory");
#else
  if (is_there) copy_to_scratch(to, from);
#endif
}
KOKKOS_FORCEINLINE_FUNCTION void wait_for_copies() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}
// Copies in groups: a group has all that the thread began since the last one ended.
KOKKOS_FORCEINLINE_FUNCTION void end_copies() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
// Until so many groups at most, the last ones, are on their way.
template <int Groups>
KOKKOS_FORCEINLINE_FUNCTION void wait_for_all_but() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(Groups) : "memory");
#endif
}

}  // namespace KokkosQuant::Impl
