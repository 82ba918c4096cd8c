#!/bin/sh
# manifest.sh BIT SOURCES PRESET BOARD PART SEED NEXTPNR -- the entry of a bitstream in bitstreams/manifest.json, from
# nextpnr's report beside it. SOURCES holds the SHA-256 of what it was built of. Clocks in MHz: what the board's PLLs give, and
# what place and route reached.
set -eu
jq -L hw/boards --arg file "$(basename "$1")" --arg sha256 "$(sha256sum < "$1" | cut -d ' ' -f 1)" --arg sources "$(cat "$2")" \
  --arg preset "$3" --arg board "$4, $5" --argjson seed "$6" --arg yosys "$("${YOSYS:-yosys}" -V)" \
  --arg nextpnr "$("$7" --version 2>&1 | sed -n 's,.*Version \([^)]*\)).*,\1,p')" 'include "clocks";
  {$file, $preset, $board, $sha256, sources_sha256: $sources, tools: [$yosys, $nextpnr], $seed,
    clocks: clocks, cells: [.utilization | to_entries[] | select(.value.used > 0 and
      (.key | IN("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD", "ICESTORM_LC", "ICESTORM_RAM", "ICESTORM_SPRAM",
        "ICESTORM_DSP"))) | {key, value: {used: .value.used, of: .value.available}}] | from_entries}' "${1%.bit}.json"
