# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# For scripts that ctest runs: user_command, how a user's file is compiled, from COMPILER, STANDARD, USER_FLAGS and FLAGS_FILE
# (CompileFail.cmake writes it).
include("${FLAGS_FILE}")
list(TRANSFORM definitions PREPEND -D)
list(TRANSFORM includes PREPEND -I)
list(REMOVE_ITEM definitions -D)
list(REMOVE_ITEM includes -I)
list(REMOVE_DUPLICATES includes)
list(REMOVE_ITEM options "")
list(JOIN options " " options)
string(REPLACE "SHELL:" "" options "${options}")  # several words in one, for CMake
separate_arguments(options NATIVE_COMMAND "${options}")
set(user_command "${COMPILER}" ${STANDARD} ${USER_FLAGS} ${options} ${definitions} ${includes})
