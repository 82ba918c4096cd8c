#!/bin/bash
# clocks.sh HLSC OUT [FAMILY...] -- kernels at several periods through place and route: the period that was asked for, the estimate of
# the report, the period that nextpnr reaches (the best of three seeds), and whether that keeps what was asked for.
set -euo pipefail
hlsc=$1 out=$2
shift 2
here=$(dirname "$0")
kernels=$here/../kernels
# shellcheck source=tests/hlsc/bench/route.sh
. "$here/route.sh"
mkdir -p "$out"

printf '%-16s %-6s %8s %8s %8s  %s\n' kernel family asked table nextpnr holds
for family in "${@:-ice40 ecp5}"; do
  for f in $family; do
    [ "$f" = ice40 ] && periods=${PERIODS:-20 25 30 40} || periods=${PERIODS:-10 15 20}
    for k in ${KERNELS:-fir biquad crc32 histogram cordic isqrt viterbi tanh_q12 search rnn_top}; do
      for asked in $periods; do
        name=${f}_${k}_$asked
        options=$(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$kernels/$k.c" | sed 's/--clock-ns [0-9.]*//')
        # shellcheck disable=SC2086 # options are words
        if ! "$hlsc" "$kernels/$k.c" --top "$k" -I hls $options --family "$f" --clock-ns "$asked" \
          -o "$out/$name.v" --report "$out/$name.json" --quiet 2>"$out/$name.error"; then
          printf '%-16s %-6s %8s %8s %8s  refused: %s\n' "$k" "$f" "$asked" - - "$(sed 's/.*error: //; q' "$out/$name.error")"
          continue
        fi
        synthesise "$f" "$out/$name"
        measured=$(period "$f" "$out/$name.net" | head -n 1)
        awk -v k="$k" -v f="$f" -v a="$asked" -v t="$(jq .critical_path_ns "$out/$name.json")" -v m="$measured" \
          'BEGIN { printf "%-16s %-6s %8s %8.1f %8.1f  %s\n", k, f, a, t, m, m <= a ? "yes" : "no" }'
      done
    done
  done
done
