#!/bin/bash
# run.sh COMMAND... -- runs each test command, sums the "[  PASSED  ] n test(s)." and "[  FAILED  ] n test(s)." that it
# prints, and closes with "N passed, N failed". A command that fails without saying so counts as one failure. The
# output of what passes goes to $O/tests/log only; the end of what failed is shown once more at the end.
set -u
log=${O:-build}/tests/log
mkdir -p "$log"
passed=0 failed=0 failures=()
for command in "$@"; do
  name=${command#"${O:-build}/"}
  file=$log/$(tr -c 'A-Za-z0-9_\n' - <<< "$name" | cut -c 1-200).txt # a name has 255 characters at most
  begin=$EPOCHREALTIME
  bash -c "$command" > "$file" 2>&1
  status=$?
  counts=$(awk '/^\[  PASSED  \] [0-9]+ test/ { p += $4 } /^\[  FAILED  \] [0-9]+ test/ { f += $4 }
    END { print p + 0, f + 0 }' "$file")
  read -r good bad <<< "$counts"
  if [ "$status" != 0 ] && [ "$bad" = 0 ]; then
    bad=1
  fi
  if [ "$((good + bad))" = 0 ]; then
    bad=1
    echo 'no test was run' >> "$file"
  fi
  seconds=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  printf '%4d passed %3d failed %6s s  %s\n' "$good" "$bad" "$seconds" "$name"
  if [ "$bad" != 0 ]; then
    sed 's/^/    /' "$file"
    failures+=("$file")
  fi
  passed=$((passed + good)) failed=$((failed + bad))
done
for file in "${failures[@]}"; do
  printf '\nfailed: %s\n' "$file"
  grep -F '[  FAILED  ]' "$file" | head -n 20 | cut -c 1-300
  tail -n 8 "$file" | cut -c 1-300
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
