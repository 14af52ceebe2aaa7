# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Run by ctest: what a user's first program costs to compile beyond Kokkos. See CompileFail.cmake for its flags.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/UserFlags.cmake")
execute_process(COMMAND "${BASH}" "${SCRIPT}" ${LIMIT} "${BASE}" "${PROGRAM}" ${user_command} RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "compiling costs more than ${LIMIT} s beyond Kokkos, or did not work")
endif()
