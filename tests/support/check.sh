#!/bin/bash
# check.sh -- what scripts of checks share, sourced by them: counts, and cmocka's last lines.
passed=0 failed=0

# check LABEL COMMAND...: a command that succeeds.
check() {
  local label=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $label"
  fi
}

verdict() {
  echo "[  PASSED  ] $passed test(s)."
  [ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
  [ "$failed" = 0 ]
}
