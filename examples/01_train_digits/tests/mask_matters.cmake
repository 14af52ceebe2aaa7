# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
cmake_minimum_required(VERSION 3.25)

# With the mask replaced by 1 the integers train differently and the floats as before: the plan really is in the loop.
file(REMOVE_RECURSE "${folder}")
set(short --epochs 2 --seeds 1)
execute_process(COMMAND "${program}" ${short} --out "${folder}/with" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${program}" ${short} --without-mask --out "${folder}/without" COMMAND_ERROR_IS_FATAL ANY)

# The training loss alone: the share of masked gradients differs in any case.
function(losses run format result)
  file(STRINGS "${folder}/${run}/loss.csv" lines REGEX "^${format},")
  list(TRANSFORM lines REPLACE "^([^,]*,[^,]*,[^,]*,[^,]*,[^,]*),.*" "\\1")
  if(NOT lines)
    message(FATAL_ERROR "${folder}/${run}/loss.csv has no lines of ${format}")
  endif()
  set(${result} "${lines}" PARENT_SCOPE)
endfunction()

foreach(format float int8 int4 int2)
  losses(with ${format} with)
  losses(without ${format} without)
  message("${format}\n  with     ${with}\n  without  ${without}")
  if(format STREQUAL "float" AND NOT with STREQUAL without)
    message(FATAL_ERROR "float has no mask, but trains differently without it")
  elseif(NOT format STREQUAL "float" AND with STREQUAL without)
    message(FATAL_ERROR "${format} trains the same with and without the mask")
  endif()
endforeach()
