#!/bin/sh
# margin.sh NAME SEEDS NEXTPNR OPTION... -- the clock of USB in NAME.netlist, placed and routed once for each seed: one line.
set -eu
lines=$(hw/boards/seeds.sh "$@")
echo "$lines" | sed -n 's/.* clk needs 48, reaches \([0-9.]*\).*/\1/p' | sort -n | awk -v name="${1##*/}" -v seeds="$2" '
  { mhz[NR] = $1 }
  END {
    if (NR != split(seeds, all, " ")) exit 1
    printf "%s: needs 48 MHz, reaches %.1f (median %.1f, best %.1f) over %d seeds, margin %+.0f %%\n", name, mhz[1],
      mhz[int((NR + 1) / 2)], mhz[NR], NR, (mhz[1] / 48 - 1) * 100
  }' || { echo "$lines" >&2; exit 1; }
