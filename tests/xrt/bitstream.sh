#!/bin/bash
# bitstream.sh BUILD -- bitstreams/: the manifest has the hash of each file, and every clock of a board meets its timing. The
# xclbin just built has the same hash when the sources and tools are the same.
set -u
sources=$(tests/xrt/sources.sh)
hash() { sha256sum < "$1" | cut -d ' ' -f 1; }
# shellcheck source=tests/support/verdict.sh
. tests/support/verdict.sh
while read -r file sha256 built_of; do
  [ "$(hash "bitstreams/$file")" = "$sha256" ]
  verdict $? "$file is not what the manifest says; 'make bitstreams' writes both"
  case $file in
    *.xclbin) ;;
    *) continue ;;
  esac
  if [ "$built_of" = "$sources" ]; then
    [ "$(hash "$1/share/eddy/$file")" = "$sha256" ]
    verdict $? "$file: the same sources gave another file"
  else
    echo "$file was built of other sources or by other tools; 'make bitstreams' renews it"
  fi
done < <(jq -r '.[] | "\(.file) \(.sha256) \(.sources_sha256)"' bitstreams/manifest.json)
jq -e 'all(.[].clocks // {} | .[]; .fmax_mhz >= .mhz)' bitstreams/manifest.json > "$1/bitstream.log"
verdict $? 'a clock in bitstreams/manifest.json is faster than its timing allows'
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
