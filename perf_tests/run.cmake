# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
cmake_minimum_required(VERSION 3.25)
# Runs PROGRAM: all of it into RESULTS.json, then one row of each type with fewer threads into RESULTS.threads_<n>.json.
foreach(setting OMP_PROC_BIND=spread OMP_PLACES=threads)
  string(REGEX MATCH "^[^=]+" name ${setting})
  if(NOT DEFINED ENV{${name}})
    string(REGEX REPLACE "^[^=]+=" "" value ${setting})
    set(ENV{${name}} ${value})
  endif()
endforeach()

execute_process(
  COMMAND "${PROGRAM}" --benchmark_out_format=json "--benchmark_out=${RESULTS}.json" ${ARGUMENTS}
  RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "the benchmarks failed: the rows with an error say why")
endif()
if(DEFINED ENV{OMP_NUM_THREADS})
  return()
endif()

cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
set(threads 1)
while(threads LESS cores)
  set(ENV{OMP_NUM_THREADS} ${threads})
  execute_process(
    COMMAND "${PROGRAM}" --benchmark_out_format=json "--benchmark_out=${RESULTS}.threads_${threads}.json"
            "--benchmark_filter=^QuantizePerTokenBackward/.*/OpenMP/Right/[0-9]*/4096/" ${ARGUMENTS}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  math(EXPR threads "2 * ${threads}")
endwhile()
