# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The warnings of this project's own programs. Included by KokkosQuant_OwnFlags.

# CMake takes nvcc_wrapper for the host compiler behind it.
if(NOT DEFINED KOKKOSQUANT_COMPILER_IS_NVCC)
  execute_process(COMMAND "${CMAKE_CXX_COMPILER}" --version OUTPUT_VARIABLE version ERROR_VARIABLE version)
  string(REGEX MATCH "nvcc: NVIDIA" nvcc "${version}")
  if(nvcc)
    set(KOKKOSQUANT_COMPILER_IS_NVCC ON CACHE INTERNAL "")
  else()
    set(KOKKOSQUANT_COMPILER_IS_NVCC OFF CACHE INTERNAL "")
  endif()
endif()

set(warnings -Wall -Wextra -Wconversion)
if(KOKKOSQUANT_COMPILER_IS_NVCC)
  # No -Wpedantic: the code that nvcc hands to the host compiler is full of line directives that it dislikes.
  if(KokkosQuant_WARNINGS_AS_ERRORS)
    list(APPEND warnings -Werror "SHELL:-Werror cross-execution-space-call")
  endif()
elseif(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  list(APPEND warnings -Wpedantic)
  if(KokkosQuant_WARNINGS_AS_ERRORS)
    list(APPEND warnings -Werror)
  endif()
else()
  set(warnings "")
endif()
target_compile_options(kokkosquant_own_flags INTERFACE ${warnings})
