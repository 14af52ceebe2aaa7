# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -D readme=FILE -D program=FILE -P readme_shows.cmake
file(READ "${readme}" shown)
file(READ "${program}" text)
string(FIND "${shown}" "```cpp\n${text}```" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${readme} does not show ${program} as it is: copy the file into its block ```cpp ... ```")
endif()
