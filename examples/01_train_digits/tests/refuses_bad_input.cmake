# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
cmake_minimum_required(VERSION 3.25)

# Bad input gets a message that names file and line, and exit code 1.
file(REMOVE_RECURSE "${folder}")
file(MAKE_DIRECTORY "${folder}")
file(STRINGS "${data}" good)

function(expect_refusal message_regex)
  execute_process(
    COMMAND "${program}" --epochs 1 --seeds 1 ${ARGN}
    WORKING_DIRECTORY "${folder}"
    RESULT_VARIABLE code
    OUTPUT_QUIET
    ERROR_VARIABLE error)
  if(NOT code EQUAL 1 OR NOT error MATCHES "^train_digits: ${message_regex}\n$")
    message(SEND_ERROR "${ARGN}: exit code ${code}, message\n  ${error}expected 1 and\n  ${message_regex}")
  else()
    message("${error}")
  endif()
endfunction()

# The good file with one line changed: <regex> matches all of it, and <text> takes its place.
function(expect_bad_line line regex text message_regex)
  set(lines "${good}")
  math(EXPR index "${line} - 1")
  list(GET lines ${index} changed)
  string(REGEX REPLACE "^${regex}$" "${text}" changed "${changed}")
  list(REMOVE_AT lines ${index})
  list(INSERT lines ${index} "${changed}")
  list(JOIN lines "\n" lines)
  file(WRITE "${folder}/bad.csv" "${lines}\n")
  expect_refusal("bad\\.csv:${line}: ${message_regex}" --data bad.csv)
endfunction()

set(columns "expected 65: 64 pixels and a label")
set(pixel "expected an integer of 0\\.\\.16")
set(label "expected an integer of 0\\.\\.9")
expect_bad_line(1 "[0-9]+,(.*)" "\\1" "64 fields, ${columns}")
expect_bad_line(5 "(.+)" "\\1,1" "66 fields, ${columns}")
expect_bad_line(9 ".+" "" "0 fields, ${columns}")
expect_bad_line(12 "([0-9]+),[0-9]+,(.*)" "\\1,abc,\\2" "pixel 2 is 'abc', ${pixel}")
expect_bad_line(13 "[0-9]+,(.*)" ",\\1" "pixel 1 is '', ${pixel}")
expect_bad_line(100 "[0-9]+,(.*)" "17,\\1" "pixel 1 is '17', ${pixel}")
expect_bad_line(101 "[0-9]+,(.*)" "-1,\\1" "pixel 1 is '-1', ${pixel}")
expect_bad_line(102 "[0-9]+,(.*)" "3.5,\\1" "pixel 1 is '3\\.5', ${pixel}")
expect_bad_line(103 "[0-9]+,(.*)" "99999999999,\\1" "pixel 1 is '99999999999', ${pixel}")
expect_bad_line(1796 "(.*),[0-9]+" "\\1,10" "the label is '10', ${label}")
expect_bad_line(1797 "(.+)" "\\1 junk" "the label is '[0-9] junk', ${label}")

list(JOIN good "\n" lines)
file(WRITE "${folder}/more.csv" "${lines}\nmore\n")
expect_refusal("more\\.csv:1798: 'more' behind the last image, expected 1797 lines" --data more.csv)
list(SUBLIST good 0 1000 half)
list(JOIN half "\n" half)
file(WRITE "${folder}/half.csv" "${half}\n")
expect_refusal("half\\.csv:1000: the last of 1000 images, expected 1797" --data half.csv)
file(WRITE "${folder}/empty.csv" "")
expect_refusal("empty\\.csv:1: the file is empty, expected 1797 images" --data empty.csv)
expect_refusal("missing\\.csv: cannot be opened: .+" --data missing.csv)
expect_refusal("\\.: cannot be read: .+" --data .)

expect_refusal("unknown option '--epoch'; --help lists the options" --epoch 3)
expect_refusal("--epochs is '0', expected an integer of 1\\.\\.1000" --epochs 0)
expect_refusal("--seeds is '6', expected an integer of 1\\.\\.5" --seeds 6)
expect_refusal("--data needs a value; --help lists the options" --data)
expect_refusal("empty\\.csv/loss\\.csv: cannot be written" --out empty.csv)
expect_refusal("empty\\.csv/below/loss\\.csv: cannot be written" --out empty.csv/below)
