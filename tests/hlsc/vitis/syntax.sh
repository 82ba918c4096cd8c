#!/bin/sh
# syntax.sh GEN -- every kernel and the engine of every preset as Vitis HLS would read them: C++17 with __SYNTHESIS__, with the
# stream of hls_stream.h in place of Vitis' own; by clang, as Vitis' front end is one. A check of the sources' syntax and types, not of Vitis. GEN has tanh_table.h.
set -u
gen=$1
here=$(dirname "$0")
passed=0 failed=0
parses() { # SOURCE OPTION...
  source=$1
  shift
  if clang-19 -std=c++17 -Wno-c++11-narrowing -fsyntax-only -D__SYNTHESIS__ -I"$here" -Ihls -I"$gen" "$@" -x c++ "$source"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[   FAILED ] $source $*"
  fi
}
for kernel in "$here"/../kernels/*.c; do
  # shellcheck disable=SC2046 # options are words
  parses "$kernel" $(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$kernel" | grep -o -- '-[ID][^ ]*')
done
# shellcheck disable=SC2013 # numbers
for preset in $(sed -n 's/^#define EDDY_PRESETS(X) //p' hls/config.h | grep -o '[0-9]*'); do
  for process in control steps datapath results; do
    parses "hls/$process.c" "-DEDDY_PRESET=$preset"
  done
done
echo "[  PASSED  ] $passed test(s)."
[ "$failed" -eq 0 ] || echo "[  FAILED  ] $failed test(s)"
[ "$failed" -eq 0 ]
