# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
cmake_minimum_required(VERSION 3.25)
# Writes HEADER with the git revision of SOURCE, if it changed.
execute_process(
  COMMAND git -C "${SOURCE}" describe --always --dirty --abbrev=12
  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT revision)
  set(revision "not in a git clone")
endif()
file(CONFIGURE OUTPUT "${HEADER}" CONTENT "inline constexpr const char* git_revision = \"@revision@\";\n" @ONLY)
