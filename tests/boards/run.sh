#!/bin/sh
# run.sh BUILD BITSTREAM... -- says which bitstreams were built of other sources than the present ones; README.md has the table
# of the manifest and of the cycles that the RTL counts.
set -u
build=$1
shift
# shellcheck source=tests/support/verdict.sh
. tests/support/verdict.sh
for name; do
  built_of=$(jq -r --arg file "$name.bit" '.[] | select(.file == $file) | .sources_sha256' bitstreams/manifest.json)
  [ -n "$built_of" ]
  verdict $? "bitstreams/manifest.json has no $name.bit"
  [ "$built_of" = "$(cat "$build/boards/$name.sources")" ] ||
    echo "$name.bit was built of other sources; 'make bitstreams-boards' renews it"
done
hw/boards/table.sh "$build/bin/eddy" > "$build/boards/table.md"
while read -r row; do
  grep -qxF "$row" README.md
  verdict $? "README.md has not this row of 'make boards-table': $row"
done < "$build/boards/table.md"
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
