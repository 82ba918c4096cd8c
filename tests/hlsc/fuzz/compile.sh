#!/bin/sh
# compile.sh HLSC SOURCE -- SOURCE at the smallest interval of its marked loops, which is written into it. Exit status 0:
# compiled; 1: refused, by a diagnostic; 2: a fault. What hlsc said stays in SOURCE.log.
hlsc=$1 source=$2
top=$(basename "$source" .c)
result() {
  rm -f "$source.v"
  echo "$1" >"$source.status"
  exit "$1"
}
for ii in 1 2 3 5 9 20 60; do
  sed -i "s/-DSMALLEST=[0-9]*/-DSMALLEST=$ii/" "$source"
  # shellcheck disable=SC2046,SC2086 # options are words
  timeout 60 "$hlsc" "$source" --top "$top" -I hls -o "$source.v" --quiet $(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$source") ${RIG_OPTIONS-} 2>"$source.log"
  status=$?
  [ $status -eq 0 ] && result 0
  if [ $status -ne 1 ] || ! grep -q 'error: ' "$source.log" || grep -q 'fault of hlsc\|rejects the source' "$source.log"; then
    result 2
  fi
  grep -q 'cannot start an iteration' "$source.log" || result 1
done
result 1
