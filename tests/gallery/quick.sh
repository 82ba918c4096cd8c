#!/bin/bash
# quick.sh BUILD NAME... -- the quick form of the gallery's examples: each promise that it prints is a test.
set -u
build=$1
shift
said=$("$(dirname "$0")/../../host/examples/gallery.sh" "$build" --quick "$@" 2>&1)
status=$?
echo "$said"
sed -n 's/^  BROKEN: /[  FAILED  ] /p' <<< "$said"
echo "[  PASSED  ] $(grep -c '^  holds: ' <<< "$said") test(s)."
broken=$(grep -c '^  BROKEN: ' <<< "$said")
[ "$broken" = 0 ] || echo "[  FAILED  ] $broken test(s)."
exit $status
