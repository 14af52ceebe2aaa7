// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a device's packs are given: the constants of their lanes, and places that stay in registers.
#pragma once

#include <Kokkos_Macros.hpp>

namespace KokkosQuant::Impl {

// A compiler for devices does not compute it again from what it was computed of.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION T* in_register(T* pointer) {
#ifdef __CUDA_ARCH__
  asm volatile("" : "+l"(pointer));
#endif
  return pointer;
}

// The constants of a pack's lanes.
template <class K>
struct OneForAll {
  static constexpr bool is_one = true;
  const K& k;
  KOKKOS_FORCEINLINE_FUNCTION const K& operator()(int) const { return k; }
};
template <class K>
struct OneEach {
  static constexpr bool is_one = false;
  const K* k;
  KOKKOS_FORCEINLINE_FUNCTION const K& operator()(int lane) const { return k[lane]; }
};

}  // namespace KokkosQuant::Impl
