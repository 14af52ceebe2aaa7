# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Misuse must not compile, and the message must help: compile_fail/*.cpp, each with lines '// expect: text'. A file has to
# compile with -DKOKKOSQUANT_EXPECT_SUCCESS, and without it to fail with all of these texts.

# The flags that a user's file gets, in a form that a CMake script can read.
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/compile_fail/user.cpp" CONTENT "#include <KokkosQuant.hpp>\n")
add_library(kokkosquant_compile_fail_flags OBJECT EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/compile_fail/user.cpp")
target_link_libraries(kokkosquant_compile_fail_flags PRIVATE KokkosQuant::quant)
set(flags_file "${CMAKE_CURRENT_BINARY_DIR}/compile_fail/flags-$<CONFIG>-$<COMPILE_LANGUAGE>.cmake")
set(property "TARGET_PROPERTY:kokkosquant_compile_fail_flags")
file(
  GENERATE
  OUTPUT "${flags_file}"
  CONTENT
    "set(definitions [==[$<${property},COMPILE_DEFINITIONS>]==])
set(options [==[$<${property},COMPILE_OPTIONS>]==])
set(includes [==[$<${property},INCLUDE_DIRECTORIES>]==])
"
  TARGET kokkosquant_compile_fail_flags)
string(REPLACE "$<COMPILE_LANGUAGE>" "CXX" flags_file "${flags_file}")

# -fsyntax-only instantiates templates and takes a third of the time; nvcc has nothing like it.
set(how -fsyntax-only)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(APPEND how -ferror-limit=0)  # a file has several mistakes
endif()
if(KOKKOSQUANT_COMPILER_IS_NVCC)
  set(how -c -o /dev/null)
endif()
set(standard "${CMAKE_CXX20_EXTENSION_COMPILE_OPTION}")
if(DEFINED CMAKE_CXX_EXTENSIONS AND NOT CMAKE_CXX_EXTENSIONS)
  set(standard "${CMAKE_CXX20_STANDARD_COMPILE_OPTION}")
endif()
separate_arguments(user_flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS}")

# kokkosquant_add_compile_fail(<test> <source> [<flags that only the failing compile gets>...])
function(kokkosquant_add_compile_fail test source)
  add_test(
    NAME ${test}
    COMMAND
      "${CMAKE_COMMAND}" "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DSTANDARD=${standard}"
      "-DUSER_FLAGS=${user_flags}" "-DHOW=${how}" "-DFLAGS_FILE=${flags_file}" "-DSOURCE=${source}" "-DBAD_FLAGS=${ARGN}" -P
      "${CMAKE_CURRENT_SOURCE_DIR}/RunCompileFail.cmake")
  set_tests_properties(${test} PROPERTIES LABELS compile_fail TIMEOUT 300)
endfunction()

file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/compile_fail/*.cpp")
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  kokkosquant_add_compile_fail(compile_fail.${name} "${source}")
endforeach()

# The headers themselves refuse fast math where the compiler lets them see it.
set(flags -ffast-math -ffinite-math-only)
if(NOT KOKKOSQUANT_COMPILER_IS_NVCC)
  list(APPEND flags -Ofast)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND flags -freciprocal-math -fno-signed-zeros)
endif()
foreach(flag IN LISTS flags)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/compile_fail/fast_math_refused.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// expect: compile without it\n#include <KokkosQuant.hpp>\n")
  kokkosquant_add_compile_fail(fast_math_refused.${flag} "${source}" ${flag})
endforeach()

# A first program compiles within 10 s beyond what Kokkos takes (processor time; optimized, without sanitizers and nvcc).
find_program(BASH_EXECUTABLE bash)
if(BASH_EXECUTABLE
   AND NOT KOKKOSQUANT_COMPILER_IS_NVCC
   AND CMAKE_BUILD_TYPE STREQUAL "Release"
   AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize|--coverage")
  separate_arguments(release_flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS_RELEASE}")
  add_test(
    NAME compile_cost
    COMMAND
      "${CMAKE_COMMAND}" "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DSTANDARD=${standard}"
      "-DUSER_FLAGS=${user_flags};${release_flags}" "-DFLAGS_FILE=${flags_file}" "-DBASH=${BASH_EXECUTABLE}"
      "-DSCRIPT=${PROJECT_SOURCE_DIR}/scripts/compile_cost.sh" -DLIMIT=15
      "-DBASE=${CMAKE_CURRENT_SOURCE_DIR}/compile_cost/kokkos_only.cpp"
      "-DPROGRAM=${PROJECT_SOURCE_DIR}/examples/00_first_program/first_program.cpp" -P
      "${CMAKE_CURRENT_SOURCE_DIR}/RunCompileCost.cmake")
  set_tests_properties(compile_cost PROPERTIES LABELS compile_cost TIMEOUT 300 RUN_SERIAL ON)  # (it takes times)
endif()

# The next standard: the umbrella, and a test that instantiates ops.
if(CMAKE_CXX23_STANDARD_COMPILE_OPTION AND NOT KOKKOSQUANT_COMPILER_IS_NVCC)
  foreach(source "${CMAKE_CURRENT_BINARY_DIR}/compile_fail/user.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/Test_FamilyStreaming.cpp")
    cmake_path(GET source STEM name)
    add_test(
      NAME cxx23.${name}
      COMMAND
        "${CMAKE_COMMAND}" "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DSTANDARD=${CMAKE_CXX23_STANDARD_COMPILE_OPTION}"
        "-DUSER_FLAGS=${user_flags}" "-DHOW=${how}" "-DFLAGS_FILE=${flags_file}" "-DSOURCE=${source}" -DMUST_COMPILE=ON -P
        "${CMAKE_CURRENT_SOURCE_DIR}/RunCompileFail.cmake")
    set_tests_properties(cxx23.${name} PROPERTIES LABELS compile_fail TIMEOUT 300)
  endforeach()
endif()
