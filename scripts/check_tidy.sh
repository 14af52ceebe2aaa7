#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# check_tidy.sh [--tests] [CMake options...]: clang-tidy with .clang-tidy over the examples, which instantiate every op, and so
# over the headers; with --tests over the unit tests as well (a quarter of a minute each). Sets up build/tidy with the CMake
# options (-DKokkos_ROOT=...), of which only compile_commands.json is used. Other versions than clang-tidy 14 may find more.
set -eu
cd "$(dirname "$0")/.."
tidy=${CLANG_TIDY:-clang-tidy}
files=$(git ls-files 'examples/*.cpp')
if [ "${1:-}" = --tests ]; then
  shift
  files="$files $(git ls-files 'unit_tests/*.cpp' ':!unit_tests/compile_fail' ':!unit_tests/consumer')"
fi
mkdir -p build
cmake -S . -B build/tidy -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DKokkosQuant_ENABLE_NATIVE=OFF "$@" \
  > build/tidy.log 2>&1 || { cat build/tidy.log; exit 1; }
# As many at once as there are processors; what each says is kept together.
printf '%s\n' $files | TIDY=$tidy xargs -P "$(nproc)" -n 1 sh -c '
  # What this configuration does not build (examples that need Kokkos Kernels) has no command.
  grep -q "/$1\"" build/tidy/compile_commands.json || { echo "check_tidy: not built here: $1"; exit 0; }
  code=0
  said=$("$TIDY" --quiet -p build/tidy "$1" 2>&1) || code=1
  printf "check_tidy: %s\n%s" "$1" "$(printf "%s\n" "$said" | grep -v "warnings generated")"
  exit $code' sh
echo "check_tidy: passed"
