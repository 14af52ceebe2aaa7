#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# check_format.sh [--fix]: are all sources formatted by .clang-format? All but examples/00_first_program, whose lines are short
# for the README. The clang-format named in CLANG_FORMAT, else clang-format; other versions than 14 may differ.
set -eu
cd "$(dirname "$0")/.."
format=${CLANG_FORMAT:-clang-format}
how='--dry-run -Werror'
[ "${1:-}" != --fix ] || how=-i
git ls-files -z '*.hpp' '*.cpp' ':!examples/00_first_program' | xargs -0 "$format" $how
echo "check_format: passed ($("$format" --version))"
