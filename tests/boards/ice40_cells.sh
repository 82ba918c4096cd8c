#!/bin/sh
# ice40_cells.sh -- yosys' models of the iCE40's cells, without the default values of inputs that Verilator refuses; for
# NO_ICE40_DEFAULT_ASSIGNMENTS.
set -eu
share=$(dirname "$(command -v "${YOSYS:-yosys}")")/../share/yosys
sed -E "s/(input.*MASK) = 16'h 0000/\1/; /^\`timescale/d" "$share/ice40/cells_sim.v"
