#!/bin/sh
# seeds.sh NAME SEEDS NEXTPNR OPTION... -- places and routes NAME.netlist once for each seed: a line for each, with what every
# clock needs and reaches. The logs stay in NAME.seeds.
set -eu
name=$1 seeds=$2
shift 2
mkdir -p "$name.seeds"
for seed in $seeds; do
  out=$name.seeds/$seed begin=$(date +%s)
  if "$@" --json "$name.netlist" --seed "$seed" --timing-allow-fail --report "$out.json" > "$out.log" 2>&1; then
    jq -r -L hw/boards --arg seed "$seed" --arg seconds $(($(date +%s) - begin)) 'include "clocks"; clocks |
      "seed \($seed): " + (to_entries | map("\(.key) needs \(.value.mhz), reaches \(.value.fmax_mhz)") | join("; ")) +
      (if all(.fmax_mhz >= .mhz) then ": holds" else ": misses" end) + ", \($seconds) s"' "$out.json"
  else
    echo "seed $seed: not routed: $(grep -m 1 ERROR "$out.log" || echo "see $out.log")"
  fi
done
