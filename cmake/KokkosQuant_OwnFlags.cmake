# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# kokkosquant_own_flags: what this project's own programs (tests, examples, benchmarks) are compiled with and its users' are
# not. Link it PRIVATE beside KokkosQuant::quant.

include_guard(GLOBAL)
include(CheckCXXCompilerFlag)
include(KokkosQuant_InterfaceFlags)

add_library(kokkosquant_own_flags INTERFACE)
include(KokkosQuant_Warnings)

# Without an architecture gcc and clang take the oldest x86 there is, and half of the library's speed is lost.
if(KokkosQuant_ENABLE_NATIVE)
  kokkosquant_interface_flags(Kokkos::kokkos flags where)
  if("${CMAKE_CXX_FLAGS} ${flags}" MATCHES "-(march|mcpu|xHost|xHOST|tp)[= ]|-x(CORE|AVX|COMMON)")
    message(STATUS "KokkosQuant: an architecture is set already (CMAKE_CXX_FLAGS or Kokkos_ARCH_*): not adding -march=native")
  else()
    check_cxx_compiler_flag(-march=native KOKKOSQUANT_HAS_MARCH_NATIVE)
    if(KOKKOSQUANT_HAS_MARCH_NATIVE)
      target_compile_options(kokkosquant_own_flags INTERFACE -march=native)
    endif()
  endif()
endif()
