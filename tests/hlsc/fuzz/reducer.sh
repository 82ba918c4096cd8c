#!/bin/bash
# reducer.sh HLSC GENERATE OUT [difference] -- does reduction work? A rule of the compiler is broken on purpose; random programs find
# it, and what fails must be reduced to a small program that still fails, and that the right compiler takes. Without
# `difference` the rule is one that the checker of schedules watches, so that nothing need be simulated.
set -u
hlsc=$1 generate=$2 out=$3 kind=${4:-fault}
here=$(dirname "$0")
file=schedule.c edit='s/n->reach <= time_for(p, r, n)/n->reach <= 3 * time_for(p, r, n)/'
[ "$kind" = difference ] && file=vexpr.c edit='s/int delay = cycle - n->cycle - (int)ir_latency(n);/int delay = cycle - n->cycle - (int)ir_latency(n); delay -= delay > 1;/'
most=50 # lines

fail() {
  echo "$1"
  echo "[  FAILED  ] 1 test(s)"
  exit 1
}

rm -rf "$out"
mkdir -p "$out/fuzz/src" "$out/right"
why=$("$here/../mutate/mutant.sh" "$hlsc" "$out" "$file" "$edit") || fail "$why"
number=0
for k in $(seq 1 40); do
  "$generate" "$k" "fuzz$k" >"$out/fuzz/src/fuzz$k.c" 2>/dev/null
  FUZZ_ONCE=1 "$here/reduce.sh" "$out/hlsc" "$generate" "$out/fuzz" "$k" "$kind" >/dev/null && { number=$k; break; }
done
[ "$number" != 0 ] || fail 'no random program shows the broken rule'
"$here/reduce.sh" "$out/hlsc" "$generate" "$out/fuzz" "$number" "$kind" || fail 'it fails no more'
reduced=$out/fuzz/fuzz$number.c
lines=$(sed '/^#ifdef RIG/,$d' "$reduced" | grep -c '')
[ "$lines" -le $most ] || fail "$lines lines are left, more than $most"
cp "$reduced" "$out/right/"
"$here/compile.sh" "$hlsc" "$out/right/fuzz$number.c"
[ $? -lt 2 ] || fail 'the right compiler fails too'
echo "[  PASSED  ] 1 test(s)."
