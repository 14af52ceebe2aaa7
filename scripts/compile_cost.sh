#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# compile_cost.sh LIMIT BASE.cpp PROGRAM.cpp COMPILER [FLAGS...]: what compiling PROGRAM costs beyond BASE, in seconds of the
# compiler's own (user) processor time, the less of two runs each, and in bytes of code and data. Fails beyond LIMIT seconds.
# Other programs on the machine move it by some 10 %; wall time would follow them.
set -euo pipefail
limit=$1 base=$2 program=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# seconds of user time: once
once() {
  local TIMEFORMAT=%U
  { time "$@" > "$folder/log" 2>&1; } 2>&1 || { cat "$folder/log" >&2 && return 1; }
}
declare -A seconds
for run in 1 2; do
  for source in "$base" "$program"; do
    taken=$(once "$@" -c "$source" -o "$folder/$(basename "$source").o")
    best=${seconds[$source]:-$taken}
    seconds[$source]=$(awk -v a="$taken" -v b="$best" 'BEGIN { print a < b ? a : b }')
  done
done

# text, data and bss of an object
bytes() { size "$folder/$(basename "$1").o" | awk 'NR == 2 { print $4 }'; }
printf '%s\n' "$("$1" --version | head -n 1)"
for source in "$base" "$program"; do
  printf '%-20s %6.2f s user, %8d bytes of code and data\n' "$(basename "$source")" "${seconds[$source]}" "$(bytes "$source")"
done
awk -v a="${seconds[$base]}" -v b="${seconds[$program]}" -v limit="$limit" -v bytes="$(($(bytes "$program") - $(bytes "$base")))" '
  BEGIN {
    printf "beyond Kokkos: %.2f s (limit %g s), %d bytes\n", b - a, limit, bytes
    exit b - a > limit
  }'
