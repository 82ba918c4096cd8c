#!/bin/sh
# manifest.sh XCLBIN... -- the manifest of bitstreams/: for each file its SHA-256, what it was built of and by.
set -eu
cd bitstreams
sources=$(cd .. && tests/xrt/sources.sh)
for file in "$@"; do
  jq -n --arg file "$file" --arg sha256 "$(sha256sum < "$file" | cut -d ' ' -f 1)" --arg sources "$sources" \
    --arg compiler "$(g++ --version | head -n 1)" --arg verilator "$(verilator --version)" \
    '{$file, preset: ($file | sub("-hw_emu.xclbin$"; "")), board: "XRT hardware emulation", $sha256,
      sources_sha256: $sources, tools: [$compiler, $verilator]}'
done | jq -s .
