#!/bin/sh
# manifest.sh BIT PRESET BOARD SEED NEXTPNR SOURCE... -- the entry of a bitstream in bitstreams/manifest.json, from nextpnr's
# report beside it. Clocks in MHz: what the board's PLLs give, and what place and route reached.
set -eu
bit=$1 preset=$2 board=$3 seed=$4 nextpnr=$5
shift 5
jq --arg file "$(basename "$bit")" --arg sha256 "$(sha256sum < "$bit" | cut -d ' ' -f 1)" --arg preset "$preset" \
  --arg board "$board" --argjson seed "$seed" --arg sources "$(cat "$@" | sha256sum | cut -d ' ' -f 1)" \
  --arg yosys "$("${YOSYS:-yosys}" -V)" --arg nextpnr "$("$nextpnr" --version 2>&1 | sed -n 's,.*Version \([^)]*\)).*,\1,p')" '
  def used($cell): .utilization[$cell].used // 0;
  def mhz: . * 100 | round / 100;
  {$file, $preset, $board, $sha256, sources_sha256: $sources, tools: [$yosys, $nextpnr], $seed,
    clocks: (.fmax | with_entries(.key |= ltrimstr("$glbnet$") |
      .value = {mhz: (.value.constraint | mhz), fmax_mhz: (.value.achieved | mhz)})),
    cells: {LUT4: used("TRELLIS_COMB"), FF: used("TRELLIS_FF"), MULT18X18D: used("MULT18X18D"), DP16KD: used("DP16KD")}}' \
  "${bit%.bit}.json"
