# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# MPI for the examples that run on several ranks (KokkosQuant_ENABLE_MPI), and how ctest starts them. The library needs none.

include_guard(GLOBAL)

# MPI::MPI_CXX is MPI's C interface: the C++ bindings that MPI 3 removed are left out.
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI QUIET COMPONENTS CXX)
if(NOT MPI_CXX_FOUND OR NOT MPIEXEC_EXECUTABLE)
  message(FATAL_ERROR "KokkosQuant_ENABLE_MPI is on, but no MPI with mpicxx and mpiexec was found. Install one (Debian, Ubuntu: "
                      "apt-get install libopenmpi-dev openmpi-bin), give its prefix as -DMPI_HOME=..., or switch it off: only "
                      "examples that run on several ranks need it.")
endif()

# What a test run needs beyond the standard's -n, by the MPI at hand. Open MPI wants more ranks than cores, and root, to be
# asked for; it binds every job of two ranks to the first two cores, also those of tests that run beside each other.
set(KOKKOSQUANT_MPIEXEC_FLAGS "")
set(KOKKOSQUANT_MPI_ENVIRONMENT OMP_NUM_THREADS=1 OMP_PROC_BIND=false OMP_WAIT_POLICY=passive)
execute_process(COMMAND "${MPIEXEC_EXECUTABLE}" --version OUTPUT_VARIABLE version ERROR_VARIABLE version)
if(version MATCHES "Open ?MPI|OpenRTE|PRRTE|open-mpi")
  list(APPEND KOKKOSQUANT_MPIEXEC_FLAGS --oversubscribe --bind-to none)
  execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(user STREQUAL 0)
    list(APPEND KOKKOSQUANT_MPIEXEC_FLAGS --allow-run-as-root)
  endif()
  # Ranks that wait leave their core to others; and containers forbid to read another process' memory.
  list(APPEND KOKKOSQUANT_MPI_ENVIRONMENT OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_vader_single_copy_mechanism=none)
  set(version "Open MPI")
else()
  string(REGEX REPLACE "\n.*" "" version "${version}")
endif()
message(STATUS "KokkosQuant: MPI ${MPI_CXX_VERSION}, ${version}: ${MPIEXEC_EXECUTABLE} ${KOKKOSQUANT_MPIEXEC_FLAGS}")

# kokkosquant_add_mpi_test(<name> <program> [RANKS <n>...] [TIMEOUT <seconds>] [ENVIRONMENT <variable=value>...] [ARGS <argument>...])
# The tests <name>.ranks_<n>, of 1, 2 and 4 ranks unless RANKS says otherwise, of one thread each, with the label mpi; their names
# are in kokkosquant_mpi_tests for further set_tests_properties. ARGS may hold @RANKS@.
function(kokkosquant_add_mpi_test name program)
  cmake_parse_arguments(PARSE_ARGV 2 test "" "TIMEOUT" "RANKS;ENVIRONMENT;ARGS")
  if(NOT test_RANKS)
    set(test_RANKS 1 2 4)
  endif()
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 120)
  endif()
  set(tests "")
  foreach(ranks IN LISTS test_RANKS)
    string(REPLACE "@RANKS@" ${ranks} arguments "${test_ARGS}")
    add_test(NAME ${name}.ranks_${ranks} COMMAND "${MPIEXEC_EXECUTABLE}" ${KOKKOSQUANT_MPIEXEC_FLAGS} -n ${ranks}
                                                 $<TARGET_FILE:${program}> ${arguments})
    list(APPEND tests ${name}.ranks_${ranks})
    set_tests_properties(
      ${name}.ranks_${ranks} PROPERTIES LABELS mpi PROCESSORS ${ranks} TIMEOUT ${test_TIMEOUT}
                                        ENVIRONMENT "${KOKKOSQUANT_MPI_ENVIRONMENT};${test_ENVIRONMENT}")
  endforeach()
  set(kokkosquant_mpi_tests ${tests} PARENT_SCOPE)
endfunction()

# kokkosquant_add_mpi_fault_test(<name> <program> <ranks> <regular expression> <argument>...): the whole job has to end with a
# failure within 30 s and say what matches.
function(kokkosquant_add_mpi_fault_test name program ranks expected)
  add_test(NAME ${name}
           COMMAND "${CMAKE_COMMAND}" -D "expect=${expected}" -D seconds=30 -P "${PROJECT_SOURCE_DIR}/examples/common/fails_with.cmake" --
                   "${MPIEXEC_EXECUTABLE}" ${KOKKOSQUANT_MPIEXEC_FLAGS} -n ${ranks} $<TARGET_FILE:${program}> ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS mpi PROCESSORS ${ranks} TIMEOUT 60 ENVIRONMENT "${KOKKOSQUANT_MPI_ENVIRONMENT}")
endfunction()
