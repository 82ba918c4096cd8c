#!/bin/sh
# build_cosim.sh HLSC KERNEL OUTDIR [hlsc options] -- compiles a kernel natively and to RTL, checks the RTL with
# every tool that must accept it, and builds the co-simulation OUTDIR/cosim_KERNEL.
set -eu
hlsc=$1 kernel=$2 out=$3
shift 3
here=$(realpath "$(dirname "$0")")
source=$here/kernels/$kernel.c
mkdir -p "$out/$kernel"
dir=$(realpath "$out/$kernel")
root=$PWD
"$hlsc" "$source" --top "$kernel" -I hls -o "$dir/$kernel.v" --report "$dir/$kernel.json" --quiet "$@"
verilator --lint-only -Wall --top-module "$kernel" "$dir/$kernel.v" hls/hlsc/rtl/hlsc_fifo.v
verilator --lint-only -Wall -DHLSC_CHECK --top-module "$kernel" "$dir/$kernel.v" hls/hlsc/rtl/hlsc_fifo.v
iverilog -g2012 -Wall -t null -s "$kernel" "$dir/$kernel.v" hls/hlsc/rtl/hlsc_fifo.v
yosys -q -p "read_verilog -sv $dir/$kernel.v hls/hlsc/rtl/hlsc_fifo.v; hierarchy -check -top $kernel; proc; check -assert"
${CC:-cc} -std=gnu11 -O1 -g -fwrapv -I hls -c "$source" -o "$dir/native.o"
verilator --cc --exe --build -O1 -DHLSC_CHECK --top-module "$kernel" -Mdir "$dir/obj" -o "../../cosim_$kernel" \
  -CFLAGS "-O1 -I$root/hls -DKERNEL_H='\"$here/kernels/$kernel.h\"'" \
  "$dir/$kernel.v" "$root/hls/hlsc/rtl/hlsc_fifo.v" "$here/cosim.cpp" "$dir/native.o" >"$dir/verilator.log" 2>&1 || {
  cat "$dir/verilator.log"
  exit 1
}
