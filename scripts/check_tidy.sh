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
known=
for file in $files; do
  # What this configuration does not build (examples that need Kokkos Kernels) has no command.
  if grep -q "/$file\"" build/tidy/compile_commands.json; then known="$known $file"; else echo "check_tidy: not built here: $file"; fi
done
# shellcheck disable=SC2086 # (files without blanks)
printf '%s\n' $known | xargs -P "$(nproc)" -I '{}' sh -c '
  echo "check_tidy: $2"
  messages=$("$1" --quiet -p build/tidy "$2" 2>&1) || { echo "$messages" | grep -v "warnings generated" >&2; exit 1; }' sh "$tidy" '{}' || exit 1
echo "check_tidy: passed"
