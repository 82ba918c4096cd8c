#!/bin/sh
# bench_table.sh BUILD -- a table in Markdown: what layers of several sizes cost on the RTL. Times are at the clock that
# hlsc scheduled the engine for.
set -eu
build=$1
clock_mhz=$(jq '1000 / .clock_ns' "$build/rtl/0/datapath.json")
printf '| cell | input | hidden | streams | weights | cycles a step | MAC utilisation | a step at %.1f MHz | mismatches |\n' "$clock_mhz"
echo '|---|---:|---:|---:|---|---:|---:|---:|---:|'
# CELL INPUT HIDDEN STREAMS WEIGHT_BITS
while read -r cell input hidden streams bits; do
  "$build/bin/eddy" bench --device sim: --cell "$cell" --input "$input" --hidden "$hidden" \
    --streams "$streams" --steps 100 --weight-bits "$bits" --clock-mhz "$clock_mhz" --json
done << 'CASES' | jq -r '"| \(.cell) | \(.input) | \(.hidden) | \(.streams) | \(.weight_bits)-bit | " +
  "\(.cycles_per_step * 10 | round / 10) | \(.mac_utilisation * 10000 | floor / 100) % | " +
  "\(.us_per_step * 10 | round / 10) µs | \(.mismatches) |"'
rnn 16 64 1 16
rnn 40 256 1 8
gru 16 64 1 16
gru 32 128 1 16
gru-0 32 128 1 16
lstm 16 64 1 16
lstm 32 128 1 16
lstm 32 128 1 8
lstm-peephole 32 128 1 16
lstm 7 100 1 16
lstm 16 16 1 16
lstm 16 16 8 16
gru 16 16 8 16
rnn 16 16 8 16
CASES
