#!/bin/sh
# margin.sh NAME SEEDS NEXTPNR OPTION... -- the clock of USB in NAME.netlist, placed and routed once for each seed: one line.
set -eu
name=$1 seeds=$2
shift 2
for seed in $seeds; do
  "$@" --json "$name.netlist" --seed "$seed" --timing-allow-fail --report "$name.json" > "$name.log" 2>&1 || {
    grep ERROR "$name.log" >&2
    exit 1
  }
  jq '.fmax | to_entries[] | select(.key | test("(^|[$])clk([$]|_|$)")) | .value.achieved' "$name.json"
done | sort -n | awk -v name="${name##*/}" '
  { mhz[NR] = $1 }
  END {
    printf "%s: needs 48 MHz, reaches %.1f (median %.1f, best %.1f) over %d seeds, margin %+.0f %%\n", name, mhz[1],
      mhz[int((NR + 1) / 2)], mhz[NR], NR, (mhz[1] / 48 - 1) * 100
  }'
