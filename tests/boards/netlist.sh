#!/bin/sh
# netlist.sh HLSC OUT -- what yosys makes of a kernel with multipliers, block RAM and a ROM, in the cells of the iCE40,
# against the same C natively.
set -eu
mkdir -p "$2"
tests/boards/ice40_cells.sh > "$2/cells.v"
RIG_SYNTHESIS='synth_ice40 -dsp -spram' RIG_OPTIMISE=-O0 RIG_CELLS="-DNO_ICE40_DEFAULT_ASSIGNMENTS $2/cells.v" \
  tests/hlsc/rig/build.sh "$1" "$2" tests/hlsc/kernels/rnn.c
for cell in SB_MAC16 SB_RAM40_4K; do
  grep -q "$cell" "$2/rnn.v" || { echo "[  FAILED  ] no $cell in the netlist"; exit 1; }
done
"$2/rig" 4 1
