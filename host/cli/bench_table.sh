#!/bin/sh
# bench_table.sh BUILD -- a table in Markdown: what layers of several sizes cost on the RTL. Times are at the clock that
# hlsc scheduled the engine for.
set -eu
build=$1
clock_mhz=$(jq '1000 / .clock_ns' "$build/rtl/0/datapath.json")
printf '| cell | input | hidden | weights | cycles a step | MAC utilisation | a step at %.1f MHz | mismatches |\n' "$clock_mhz"
echo '|---|---:|---:|---|---:|---:|---:|---:|'
for bits in 16 8; do
  for size in '1 32' '7 100' '16 64' '16 128' '40 256'; do
    "$build/bin/eddy" bench --device sim: --cell rnn --input "${size% *}" --hidden "${size#* }" \
      --steps 500 --weight-bits $bits --clock-mhz "$clock_mhz" --json
  done
done | jq -r '"| \(.cell) | \(.input) | \(.hidden) | \(.weight_bits)-bit | " +
  "\(.cycles_per_step * 10 | round / 10) | \(.mac_utilisation * 10000 | floor / 100) % | " +
  "\(.us_per_step * 10 | round / 10) µs | \(.mismatches) |"'
