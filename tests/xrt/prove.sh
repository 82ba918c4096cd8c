#!/bin/bash
# prove.sh BUILD -- proves what the burst splitter and the AXI4-Lite slave of the XRT kernel promise (tests/xrt/formal), the
# splitter for every width of the bus that AXI4 has and every length of burst.
set -u
folder=$1/prove/xrt
# shellcheck source=tests/support/prove.sh
. tests/support/prove.sh

# axi NAME EXPECTED TOP SOURCE [PARAMETERS]
axi() {
  proof "$1" "$2" smt "read_verilog -sv -formal $4 tests/xrt/formal/$3.sv; ${5:+chparam $5 $3;} prep -top $3; async2sync"
}

for bits in 16 32 64 128 256 512 1024; do
  for beats in 1 4 16 64 256; do
    [ $((beats * bits)) -gt $((4096 * 8)) ] ||
      axi "split-$bits-$beats" proved split hw/xrt/axi_split.sv "-set DATA_BITS $bits -set MAX_BEATS $beats"
  done
done
axi slave proved slave hw/xrt/axil_slave.sv

axi split-broken unproved split "$(mistake hw/xrt/axi_split.sv 1 "s/12'd2048 - /12'd2047 + /")"
axi slave-broken unproved slave "$(mistake hw/xrt/axil_slave.sv 1 's/ \&\& !s_axil_bvalid//')"
verdict
