#!/bin/sh
# table.sh EDDY -- the table of boards in Markdown: cells and clocks from bitstreams/manifest.json, the cycles of a GRU step as
# the RTL counts them.
set -eu
echo '| board | preset | LUT4 | FF | DSP | RAM | bus: needs, reaches | engine: runs, reaches | GRU of 64, 16 inputs |'
echo '|---|---|---:|---:|---:|---:|---:|---:|---:|'
jq -c '.[] | select(.clocks)' bitstreams/manifest.json | while read -r entry; do
  preset=$(echo "$entry" | jq -r .preset) mhz=$(echo "$entry" | jq .clocks.engine_clk.mhz)
  bench=$("$1" bench --preset "$preset" --cell gru --hidden 64 --input 16 --steps 100 --clock-mhz "$mhz" --json)
  echo "$entry" | jq -r --argjson bench "$bench" '
    def thousands: tostring | if length > 3 then .[:-3] + "," + .[-3:] else . end;
    def used: (.used | thousands) + " of " + (.of | thousands);
    def clock: "\(.mhz), \(.fmax_mhz * 10 | floor / 10) MHz";
    "| \(.board) | `\(.preset)` | " +
    (.cells | if .ICESTORM_LC then
      [(.ICESTORM_LC | used), "-", (.ICESTORM_DSP | used), "\(.ICESTORM_RAM | used) and \(.ICESTORM_SPRAM | used)"]
    else [(.TRELLIS_COMB.used | thousands), (.TRELLIS_FF.used | thousands), (.MULT18X18D | used), (.DP16KD | used)] end
      | join(" | ")) + " | \(.clocks.clk | clock) | \(.clocks.engine_clk | clock) | " +
    "\($bench.cycles_per_step | round | thousands) cycles, \($bench.us_per_step * 10 | round / 10) µs |"'
done
