# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How users take the library: installed and found by find_package, as a subdirectory, by FetchContent, or beside a Kokkos that
# is in their tree. None may download anything.

set(prefix "${CMAKE_CURRENT_BINARY_DIR}/consumer/prefix")
set(consumer "${CMAKE_CURRENT_SOURCE_DIR}/consumer")

# A Kokkos that was built with us is installed with us; any other is where it was.
set(options "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_BUILD_TYPE=$<CONFIG>" "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}"
            -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
if(Kokkos_DIR)
  list(APPEND options "-DKokkos_DIR=${Kokkos_DIR}")
endif()

add_test(NAME consumer.install COMMAND "${CMAKE_COMMAND}" --install "${PROJECT_BINARY_DIR}" --prefix "${prefix}" --config $<CONFIG>)
set_tests_properties(consumer.install PROPERTIES FIXTURES_SETUP kokkosquant_installed LABELS consumer)

# Built once more from its sources where there are any, without optimization: about a minute.
set(kokkos_source "")
get_property(kokkos_in_tree GLOBAL PROPERTY KOKKOSQUANT_KOKKOS_IN_TREE)
if(kokkos_in_tree AND NOT Kokkos_ENABLE_CUDA)
  set(kokkos_source "-DKOKKOS_SOURCE_DIR=${KOKKOSQUANT_KOKKOS_SOURCE}" -DKokkos_ENABLE_SERIAL=ON -DCMAKE_CXX_STANDARD=20
                    -DCMAKE_BUILD_TYPE=Debug)
endif()

set(ways find_package add_subdirectory FetchContent kokkos_in_tree)
foreach(way IN LISTS ways)
  set(extra "")
  if(way STREQUAL "FetchContent")
    set(extra "-DFETCHCONTENT_SOURCE_DIR_KOKKOSQUANT=${PROJECT_SOURCE_DIR}")
  elseif(way STREQUAL "kokkos_in_tree")
    set(extra ${kokkos_source})
  endif()
  add_test(
    NAME consumer.${way}
    COMMAND
      "${CMAKE_CTEST_COMMAND}" --build-and-test "${consumer}" "${CMAKE_CURRENT_BINARY_DIR}/consumer/${way}" --build-generator
      "${CMAKE_GENERATOR}" --build-makeprogram "${CMAKE_MAKE_PROGRAM}" --build-options ${options} -DCONSUMER_WAY=${way}
      "-DKOKKOSQUANT_SOURCE_DIR=${PROJECT_SOURCE_DIR}" "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}" ${extra} --test-command consumer)
  set_tests_properties(consumer.${way} PROPERTIES ENVIRONMENT "${KOKKOSQUANT_TEST_ENVIRONMENT}")
endforeach()

# Fast math is refused when such a user's CMake runs, and what merely looks like it is not.
function(kokkosquant_add_flags_test name expected)
  add_test(
    NAME consumer.${name}
    COMMAND "${CMAKE_COMMAND}" -S "${consumer}" -B "${CMAKE_CURRENT_BINARY_DIR}/consumer/${name}" -G "${CMAKE_GENERATOR}"
            --fresh ${options} -DCONSUMER_WAY=find_package ${ARGN})
  set_tests_properties(consumer.${name} PROPERTIES PASS_REGULAR_EXPRESSION "${expected}")
endfunction()
kokkosquant_add_flags_test(refuses_fast_math "-ffast-math in CMAKE_CXX_FLAGS" "-DCMAKE_CXX_FLAGS=-ffast-math")
kokkosquant_add_flags_test(refuses_Ofast "-Ofast in CMAKE_CXX_FLAGS_RELEASE" -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-Ofast")
kokkosquant_add_flags_test(refuses_late_option "-freciprocal-math in the folder's compile options" -DCONSUMER_LATE_OPTION=-freciprocal-math)
kokkosquant_add_flags_test(refuses_linking "-ffast-math in CMAKE_EXE_LINKER_FLAGS" "-DCMAKE_EXE_LINKER_FLAGS=-ffast-math")
kokkosquant_add_flags_test(refuses_nvcc_flags "-use_fast_math in CMAKE_CUDA_FLAGS" "-DCMAKE_CUDA_FLAGS=-use_fast_math")
kokkosquant_add_flags_test(
  accepts_exact_flags "Build files have been written"
  "-DCMAKE_CXX_FLAGS=-ffast-math -fno-fast-math -fno-finite-math-only -ffp-contract=fast -march=native -I/opt/-ffast-math")

set(flags_tests refuses_fast_math refuses_Ofast refuses_late_option refuses_linking refuses_nvcc_flags accepts_exact_flags)
foreach(name ${ways} ${flags_tests})
  set_tests_properties(consumer.${name} PROPERTIES FIXTURES_REQUIRED kokkosquant_installed LABELS consumer TIMEOUT 600)
endforeach()
