# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# With -DKokkos_ENABLE_CUDA=ON and no compiler named, the compiler is Kokkos' nvcc_wrapper: the installed Kokkos' one, or
# the one in the sources that will be built. It has to be found before project(), so this file is included first.
# (Kokkos as a CMake CUDA language does not get its C++20 flag from CMake 3.25.)

if(NOT CMAKE_CURRENT_SOURCE_DIR STREQUAL CMAKE_SOURCE_DIR OR NOT Kokkos_ENABLE_CUDA)
  return()
endif()
set(CMAKE_CXX_EXTENSIONS OFF)  # nvcc knows -std=c++20, not -std=gnu++20
if(DEFINED CMAKE_CXX_COMPILER OR NOT "$ENV{CXX}" STREQUAL "")
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/KokkosQuant_Kokkos.cmake")
set(hints ${Kokkos_ROOT} $ENV{Kokkos_ROOT} ${CMAKE_PREFIX_PATH})
if(Kokkos_DIR)
  list(APPEND hints "${Kokkos_DIR}/../../..")  # <prefix>/lib/cmake/Kokkos
endif()
if(FETCHCONTENT_SOURCE_DIR_KOKKOS)
  set(hints "${FETCHCONTENT_SOURCE_DIR_KOKKOS}")
endif()
find_program(KOKKOSQUANT_NVCC_WRAPPER nvcc_wrapper HINTS ${hints} PATH_SUFFIXES bin)
mark_as_advanced(KOKKOSQUANT_NVCC_WRAPPER)
if(NOT KOKKOSQUANT_NVCC_WRAPPER)
  kokkosquant_passed_over(nvcc_wrapper "an installed Kokkos" "none in Kokkos_ROOT, CMAKE_PREFIX_PATH or PATH")
  kokkosquant_kokkos_source(source)
  set(KOKKOSQUANT_NVCC_WRAPPER "${source}/bin/nvcc_wrapper" CACHE FILEPATH "" FORCE)
endif()
message(STATUS "KokkosQuant: CUDA: the compiler is ${KOKKOSQUANT_NVCC_WRAPPER}")
set(CMAKE_CXX_COMPILER "${KOKKOSQUANT_NVCC_WRAPPER}" CACHE FILEPATH "Kokkos' wrapper around nvcc")
