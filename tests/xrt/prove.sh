#!/bin/bash
# prove.sh BUILD -- proves with yosys-smtbmc, by induction, what the burst splitter and the AXI4-Lite slave of the XRT kernel
# promise (tests/xrt/formal); a broken copy of each must be refuted.
set -u
folder=$1/prove/xrt
mkdir -p "$folder"
passed=0 failed=0

# proof NAME TOP EXPECTED SOURCES PARAMETERS...: EXPECTED is PASSED or FAILED.
proof() {
  local name=$1 top=$2 expected=$3 sources=$4 got=PASSED parameters
  shift 4
  parameters=$(printf ' -set %s' "$@")
  [ $# = 0 ] && parameters=
  "${YOSYS:-yosys}" -q -p "read_verilog -sv -formal $sources tests/xrt/formal/$top.sv;
    ${parameters:+chparam$parameters $top;} prep -top $top; async2sync; dffunmap; write_smt2 -wires $folder/$name.smt2" \
    > "$folder/$name.log" 2>&1 || got=ERROR
  for mode in '' -i; do
    [ "$got" = PASSED ] || break
    timeout 120 yosys-smtbmc -s z3 -t 12 $mode "$folder/$name.smt2" >> "$folder/$name.log" 2>&1 ||
      got=$(grep -q "Status: FAILED" "$folder/$name.log" && echo FAILED || echo ERROR)
  done
  if [ "$got" = "$expected" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $name: $got, expected $expected"
    tail -n 5 "$folder/$name.log"
  fi
}

for bits in 16 32 64 512; do
  for beats in 1 16 64; do
    proof "split-$bits-$beats" split PASSED hw/xrt/axi_split.sv "DATA_BITS $bits" "MAX_BEATS $beats"
  done
done
proof slave slave PASSED hw/xrt/axil_slave.sv

sed "s/12'd2048 - /12'd2047 + /" hw/xrt/axi_split.sv > "$folder/axi_split.sv"
proof split-broken split FAILED "$folder/axi_split.sv"
sed 's/ \&\& !s_axil_bvalid//' hw/xrt/axil_slave.sv > "$folder/axil_slave.sv"
proof slave-broken slave FAILED "$folder/axil_slave.sv"

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
