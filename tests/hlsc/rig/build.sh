#!/bin/sh
# build.sh HLSC OUT KERNEL.c... -- kernels natively and as RTL in one program, OUT/rig. A kernel's top function has
# the name of its file; a comment "hlsc: OPTIONS" in it says how to compile it. RIG_LINT=1 lints each module too.
set -eu
hlsc=$1 out=$2
shift 2
here=$(dirname "$0")
mkdir -p "$out"
reports='' verilog='' objects=''
for source; do
  options=$(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$source")
  top=$(basename "$source" .c)
  # shellcheck disable=SC2086 # options are words
  "$hlsc" "$source" --top "$top" -I hls -o "$out/$top.v" --report "$out/$top.json" --quiet $options
  arguments=$(jq -r '[.ports | to_entries[] | if .value.kind == "scalar" then "k->port[\(.key)].value" else "ARGUMENT(\(.key))" end] | join(", ")' "$out/$top.json")
  call="$top($arguments)"
  [ "$(jq .result_width "$out/$top.json")" = 0 ] || call="k->result = (uint64_t)$call"
  "${CC:-cc}" -std=gnu11 -O1 -g -fwrapv -w -I hls -I "$here" -DTOP="$top" -DKERNEL_SOURCE="\"$(realpath "$source")\"" \
    -DCALL="$call" -c "$here/glue.c" -o "$out/$top.o"
  reports="$reports $out/$top.json" verilog="$verilog $(realpath "$out/$top.v")" objects="$objects $(realpath "$out/$top.o")"
  [ "${RIG_LINT-}" ] || continue
  checks=-DHLSC_CHECK
  grep -q HLS_DISTANCE "$source" && checks="-UHLSC_CHECK $checks"
  for check in $checks; do
    verilator --lint-only -Wall "$check" --top-module "$top" "$out/$top.v" hls/hlsc/rtl/hlsc_fifo.v
  done
  iverilog -g2012 -Wall -t null -s "$top" "$out/$top.v" hls/hlsc/rtl/hlsc_fifo.v
  yosys -q -p "read_verilog -sv $out/$top.v hls/hlsc/rtl/hlsc_fifo.v; hierarchy -check -top $top; proc; check -assert"
done
# shellcheck disable=SC2086 # lists of files
jq -rs --arg part top -f "$here/rig.jq" $reports >"$out/rig_top.v"
# shellcheck disable=SC2086
jq -rs --arg part table -f "$here/rig.jq" $reports >"$out/table.c"
"${CC:-cc}" -std=gnu11 -O1 -I "$here" -c "$out/table.c" -o "$out/table.o"
# shellcheck disable=SC2086
verilator --cc --exe --build -j 2 -O3 --x-assign fast --output-split 6000 -DHLSC_CHECK -Wno-fatal -Wno-lint -Wno-style --prefix Vrig \
  --top-module rig -Mdir "$out/obj" -o ../rig \
  -CFLAGS "-O1 -I$PWD/hls -I$(realpath "$here")" "$out/rig_top.v" $verilog "$PWD/hls/hlsc/rtl/hlsc_fifo.v" \
  "$(realpath "$here")/rig.cpp" "$(realpath "$out/table.o")" $objects >"$out/verilator.log" 2>&1 || {
  cat "$out/verilator.log"
  exit 1
}
