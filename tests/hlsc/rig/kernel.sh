#!/bin/sh
# kernel.sh HLSC OUT KERNEL.c -- one kernel for build.sh: its module, its report and its native object. 255 ends xargs.
set -eu
trap '[ $? -eq 0 ] || exit 255' EXIT
hlsc=$1 out=$2 source=$3
here=$(dirname "$0")
options=$(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$source")
top=$(basename "$source" .c)
# shellcheck disable=SC2086 # options are words
"$hlsc" "$source" --top "$top" -I hls -o "$out/$top.v" --report "$out/$top.json" --quiet $options ${RIG_OPTIONS-}
call=$(jq -r '([.ports | to_entries[] | if .value.kind == "scalar" then "k->port[\(.key)].value" else "ARGUMENT(\(.key))" end] | join(", "))
  as $arguments | (if .result_width > 0 then "k->result = (uint64_t)" else "" end) + .top + "(" + $arguments + ")"' "$out/$top.json")
language=$(printf '%s\n' "$options" | grep -o -- '-[ID][^ ]*' || true)
# shellcheck disable=SC2086
"${CC:-cc}" -std=gnu11 -O1 -g -fwrapv -w -I hls -I "$here" $language -DTOP="$top" -DKERNEL_SOURCE="\"$(realpath "$source")\"" \
  -DCALL="$call" -c "$here/glue.c" -o "$out/$top.o"
if [ "${RIG_SYNTHESIS-}" ]; then
  yosys -q -p "read_verilog -sv -DHLSC_CHECK $out/$top.v hls/hlsc/rtl/*.v; $RIG_SYNTHESIS -top $top;
    write_verilog -noattr $out/$top.v"
fi
[ "${RIG_LINT-}" ] || exit 0
checks=-DHLSC_CHECK
grep -q HLS_DISTANCE "$source" && checks="-UHLSC_CHECK $checks"
for check in $checks; do
  verilator --lint-only -Wall "$check" --top-module "$top" "$out/$top.v" hls/hlsc/rtl/*.v
done
iverilog -g2012 -Wall -t null -s "$top" "$out/$top.v" hls/hlsc/rtl/*.v
yosys -q -p "read_verilog -sv $out/$top.v hls/hlsc/rtl/*.v; hierarchy -check -top $top; proc; check -assert"
