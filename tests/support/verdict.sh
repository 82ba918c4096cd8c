#!/bin/sh
# verdict.sh -- counts what holds and says what does not; tests that are scripts source it.
passed=0 failed=0
verdict() { # STATUS TEXT
  if [ "$1" = 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $2"
  fi
}
