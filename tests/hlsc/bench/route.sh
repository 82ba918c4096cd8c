# route.sh -- to be sourced: modules of hlsc through yosys and nextpnr. Knows $here; SEEDS, NEXTPNR_ECP5 from outside.
# shellcheck shell=bash

synthesise() { # FAMILY NAME: NAME.v and its report NAME.json to NAME.net, with a harness that keeps its ports off the pins
  local synth=synth_ecp5
  [ "$1" = ecp5 ] || synth='synth_ice40 -dsp -spram'
  jq -r -f "${here:?}/harness.jq" "$2.json" >"$2_harness.v"
  yosys -q -p "read_verilog -sv $2.v hls/hlsc/rtl/hlsc_fifo.v $2_harness.v; $synth -top harness -json $2.net" >"$2.log" 2>&1 ||
    { cat "$2.log" >&2; return 1; }
}

period() { # FAMILY NETLIST: nanoseconds of each seed, the best first
  for seed in ${SEEDS:-1 2 3}; do
    if [ "$1" = ice40 ]; then
      nextpnr-ice40 --up5k --package sg48 --json "$2" --seed "$seed" --freq 60 --pcf-allow-unconstrained --timing-allow-fail -q --report "$2.report" >"$2.log" 2>&1
    else
      "${NEXTPNR_ECP5:-nextpnr-ecp5}" --25k --package CABGA381 --speed 6 --json "$2" --seed "$seed" --freq 200 --lpf-allow-unconstrained --timing-allow-fail -q --report "$2.report" >"$2.log" 2>&1
    fi || { cat "$2.log" >&2; return 1; }
    jq '1000 / ([.fmax[].achieved] | min)' "$2.report"
  done | sort -n
}
