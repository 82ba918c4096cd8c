#!/bin/sh
# mutant.sh HLSC OUT FILE EDIT -- OUT/hlsc: HLSC with a rule broken by the sed command EDIT on hls/hlsc/FILE, and the changed
# object as OUT/mutant.o. Prints why not, if it cannot be built.
set -eu
hlsc=$1 out=$2 file=$3 edit=$4
llvm=${LLVM_CONFIG:-llvm-config-19}
mkdir -p "$out"
rm -f "$out/hlsc" "$out/mutant.o"
sed "$edit" "hls/hlsc/$file" >"$out/$file"
cmp -s "hls/hlsc/$file" "$out/$file" && { echo 'the edit finds nothing'; exit 1; }
"${CC:-cc}" -std=c11 -D_GNU_SOURCE -isystem "$($llvm --includedir)" -O1 -w -Ihls/hlsc -c "$out/$file" -o "$out/mutant.o" ||
  { echo 'it does not compile'; exit 1; }
objects=$(find "$(dirname "$hlsc")/../hlsc" -name '*.o' ! -name "${file%.c}.o")
# shellcheck disable=SC2046,SC2086 # lists of words
"${CC:-cc}" -o "$out/hlsc" "$out/mutant.o" $objects $($llvm --ldflags --libs) -lm || { echo 'it does not link'; exit 1; }
