# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The version as src/KokkosQuant_Version.hpp has it: one place for the code, the build and the package.

function(kokkosquant_read_version header result)
  set(version "")
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS "${header}" line REGEX "^#define KOKKOSQUANT_VERSION_${part} [0-9]+$")
    if(NOT line MATCHES " ([0-9]+)$")
      message(FATAL_ERROR "${header} defines no KOKKOSQUANT_VERSION_${part}")
    endif()
    list(APPEND version ${CMAKE_MATCH_1})
  endforeach()
  list(JOIN version "." version)
  set(${result} "${version}" PARENT_SCOPE)
endfunction()
