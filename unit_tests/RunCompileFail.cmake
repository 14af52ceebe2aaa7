# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Run by ctest for one file of compile_fail/: compiles it twice; with MUST_COMPILE once. See CompileFail.cmake.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/UserFlags.cmake")

file(STRINGS "${SOURCE}" expected REGEX "^// expect: .")
list(TRANSFORM expected REPLACE "^// expect: " "")
if(NOT expected AND NOT MUST_COMPILE)
  message(FATAL_ERROR "${SOURCE} must say '// expect: <text of the compiler's message>', once or more")
endif()

set(command ${user_command} ${HOW})
execute_process(
  COMMAND ${command} -DKOKKOSQUANT_EXPECT_SUCCESS "${SOURCE}"
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "must compile with -DKOKKOSQUANT_EXPECT_SUCCESS, but:\n${output}\n${command}")
endif()
if(MUST_COMPILE)
  return()
endif()
execute_process(
  COMMAND ${command} ${BAD_FLAGS} "${SOURCE}"
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(code EQUAL 0)
  message(FATAL_ERROR "compiles, but must fail with '${expected}'\n${command}")
endif()
foreach(text IN LISTS expected)
  string(FIND "${output}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "fails as it must, but without the text '${text}':\n${output}")
  endif()
endforeach()
