# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# GoogleTest and Google Benchmark for this project's own tests and benchmarks, first that works: a target that is there, an
# installed package, the upstream release archive, the distribution's package unpacked in the build folder.

include_guard(GLOBAL)
include(FetchContent)
include("${CMAKE_CURRENT_LIST_DIR}/KokkosQuant_Fetch.cmake")

# Unpacked packages are found through their own CMake files, as installed ones are.
function(kokkosquant_find_unpacked package folder)
  file(GLOB config "${folder}/usr/lib/*/cmake/${package}/${package}Config.cmake" "${folder}/usr/lib/cmake/${package}/${package}Config.cmake")
  list(GET config 0 config)
  cmake_path(GET config PARENT_PATH config)
  set(${package}_DIR "${config}" CACHE PATH "Unpacked by KokkosQuant" FORCE)
  set(CMAKE_DISABLE_FIND_PACKAGE_${package} OFF)
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  find_package(${package} CONFIG REQUIRED)
endfunction()

# kokkosquant_find_test_library(<human name> <package> <target> <archive name> <URL> <SHA-256> <Debian packages...>)
function(kokkosquant_find_test_library name package target archive url sha256)
  if(TARGET ${target})
    return()
  endif()
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  find_package(${package} CONFIG QUIET)
  if(${package}_FOUND)
    message(STATUS "KokkosQuant: ${name} ${${package}_VERSION} installed in ${${package}_DIR}")
    return()
  endif()
  set(reason "no ${package}Config.cmake in CMAKE_PREFIX_PATH or the system's folders")
  if(CMAKE_DISABLE_FIND_PACKAGE_${package})
    set(reason "CMAKE_DISABLE_FIND_PACKAGE_${package} is on")
  endif()
  kokkosquant_passed_over("${name}" "an installation" "${reason}")

  # The distribution's package is remembered by its folder: a later configure asks the network for nothing.
  kokkosquant_download_dir(downloads)
  set(unpacked "${downloads}/debian-${package}")
  if(NOT EXISTS "${unpacked}")
    kokkosquant_fetch_archive(${archive} "${url}" ${sha256} source reason)
    if(source)
      set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
      FetchContent_Declare(${archive} SOURCE_DIR "${source}" SYSTEM)
      FetchContent_MakeAvailable(${archive})
      set(CMAKE_MESSAGE_LOG_LEVEL STATUS)
      message(STATUS "KokkosQuant: ${name} built with us, from ${url}")
      return()
    endif()
    kokkosquant_passed_over("${name}" "the release archive" "${reason}")
  endif()

  kokkosquant_fetch_by_script("debian-${package}" folder reason get_debian_packages.sh ${ARGN})
  if(folder)
    kokkosquant_find_unpacked(${package} "${folder}")
    message(STATUS "KokkosQuant: ${name} from this distribution's package, unpacked in ${folder}")
    return()
  endif()
  kokkosquant_passed_over("${name}" "this distribution's package" "${reason}")
  list(JOIN ARGN " " packages)
  message(FATAL_ERROR "KokkosQuant's tests and benchmarks need ${name}; the lines above say what was tried. Install it "
                      "(Debian, Ubuntu: apt-get install ${packages}) or give its prefix in CMAKE_PREFIX_PATH.")
endfunction()

macro(kokkosquant_find_googletest)
  set(INSTALL_GTEST OFF)
  set(BUILD_GMOCK OFF)
  kokkosquant_find_test_library(
    GoogleTest GTest GTest::gtest googletest-1.17.0
    "https://github.com/google/googletest/releases/download/v1.17.0/googletest-1.17.0.tar.gz"
    65fab701d9829d38cb77c14acdc431d2108bfdbf8979e40eb8ae567edf10b27c libgtest-dev)
endmacro()

macro(kokkosquant_find_benchmark)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  kokkosquant_find_test_library(
    "Google Benchmark" benchmark benchmark::benchmark benchmark-1.9.4
    "https://github.com/google/benchmark/archive/refs/tags/v1.9.4.tar.gz"
    b334658edd35efcf06a99d9be21e4e93e092bd5f95074c1673d5c8705d95c104 libbenchmark-dev libbenchmark1debian)
endmacro()
