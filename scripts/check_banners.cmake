# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -P scripts/check_banners.cmake: every file that can hold a comment names the licence in its first two lines, and the
# version is the same wherever it stands. CI and ctest run it; it needs nothing but CMake.
cmake_minimum_required(VERSION 3.25)
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/..")
set(banner "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception")

# Without a comment: data, golden numbers, pictures, JSON, and the program that the README shows as it is. LICENSE covers them
# (the data of examples/data have a licence of their own, in its README.md).
set(bare "^examples/00_first_program/first_program\\.cpp$|^examples/data/.*\\.csv$|^unit_tests/golden/.*\\.txt$|\\.(json|png|svg)$|^LICENSE$")

set(patterns "")
foreach(folder .ci cmake docs examples packaging perf_tests scripts src unit_tests)
  list(APPEND patterns "${root}${folder}/*" "${root}${folder}/.*")
endforeach()
file(GLOB_RECURSE files LIST_DIRECTORIES OFF RELATIVE "${root}" ${patterns})
file(GLOB top LIST_DIRECTORIES OFF RELATIVE "${root}" "${root}*")
list(APPEND files ${top})
list(FILTER files EXCLUDE REGEX "(^|/)(__pycache__/.*|compile_commands\\.json|CMakeUserPresets\\.json|\\.git|[^/]*~|[^/]*\\.swp)$")

set(wrong "")
set(seen 0)
foreach(file IN LISTS files)
  if(file MATCHES "${bare}")
    continue()
  endif()
  math(EXPR seen "${seen} + 1")
  file(STRINGS "${root}${file}" lines LIMIT_COUNT 2)
  string(FIND "${lines}" "${banner}" at)
  if(at EQUAL -1)
    string(APPEND wrong "\n  ${file}: no line '${banner}'")
  endif()
endforeach()
if(seen LESS 50)
  string(APPEND wrong "\n  only ${seen} files were found in ${root}")
endif()

# The version: src/KokkosQuant_Version.hpp has it, the build reads it there, and these repeat it.
include("${root}cmake/KokkosQuant_ReadVersion.cmake")
kokkosquant_read_version("${root}src/KokkosQuant_Version.hpp" version)
string(REPLACE "." "\\." literal "${version}")
foreach(where "CITATION.cff|^version: ${literal}$" "CHANGELOG.md|^## ${literal}(,.*)?$")
  string(REGEX REPLACE "\\|.*" "" file "${where}")
  string(REGEX REPLACE "^[^|]*\\|" "" expected "${where}")
  file(STRINGS "${root}${file}" found REGEX "${expected}")
  if(NOT found)
    string(APPEND wrong "\n  ${file}: no line that matches '${expected}', for the version of src/KokkosQuant_Version.hpp")
  endif()
endforeach()

if(wrong)
  message(FATAL_ERROR "check_banners:${wrong}")
endif()
message(STATUS "check_banners: ${seen} files, version ${version}")
