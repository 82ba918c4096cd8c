#!/bin/sh
# build.sh HLSC OUT KERNEL.c... -- kernels natively and as RTL in one program, OUT/rig. A kernel's top function has
# the name of its file; a comment "hlsc: OPTIONS" in it says how to compile it. RIG_LINT=1 lints each module too;
# RIG_OPTIONS are more options of hlsc; RIG_SYNTHESIS="synth_FAMILY ..." simulates what yosys makes of it, of the cells in RIG_CELLS; RIG_OPTIMISE=-O0 compiles faster.
set -eu
hlsc=$1 out=$2
shift 2
here=$(dirname "$0")
mkdir -p "$out"
reports='' verilog='' objects=''
for source; do
  top=$(basename "$source" .c)
  reports="$reports $out/$top.json" verilog="$verilog $(realpath "$out")/$top.v" objects="$objects $(realpath "$out")/$top.o"
done
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 "$here/kernel.sh" "$hlsc" "$out"
# shellcheck disable=SC2086 # lists of files
jq -rs --arg part top -f "$here/rig.jq" $reports >"$out/rig_top.v"
# shellcheck disable=SC2086
jq -rs --arg part table -f "$here/rig.jq" $reports >"$out/table.c"
"${CC:-cc}" -std=gnu11 -O1 -I "$here" -c "$out/table.c" -o "$out/table.o"
# shellcheck disable=SC2086
verilator --cc --exe --build -j 2 -O3 --x-assign fast --output-split 6000 -DHLSC_CHECK -Wno-fatal -Wno-lint -Wno-style --prefix Vrig \
  --top-module rig -Mdir "$out/obj" -o ../rig \
  ${RIG_OPTIMISE:+-MAKEFLAGS "OPT_FAST=$RIG_OPTIMISE OPT_GLOBAL=$RIG_OPTIMISE"} \
  -CFLAGS "${RIG_OPTIMISE--O1} -I$PWD/hls -I$(realpath "$here")" "$out/rig_top.v" $verilog ${RIG_CELLS-} \
  "$PWD"/hls/hlsc/rtl/*.v \
  "$(realpath "$here")/rig.cpp" "$(realpath "$out/table.o")" $objects >"$out/verilator.log" 2>&1 || {
  cat "$out/verilator.log"
  exit 1
}
