#!/bin/bash
# clocks.sh HLSC OUT [FAMILY...] -- kernels at several periods through place and route: the period that was asked for, the estimate of
# the report, and the period that nextpnr reaches (the median of three seeds). It holds if nextpnr keeps what was asked for, within the
# noise of the seeds; if hlsc refused, or said that the period is not met, it has told the truth. Fails if it has not.
set -euo pipefail
hlsc=$1 out=$2
shift 2
here=$(dirname "$0")
kernels=$here/../kernels
noise=${NOISE:-1.05}
# shellcheck source=tests/hlsc/bench/route.sh
. "$here/route.sh"
mkdir -p "$out"

row() { # FAMILY KERNEL ASKED: a line of the table
  local f=$1 k=$2 asked=$3 name=$out/$1_$2_$3 options measured
  options=$(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$kernels/$k.c" | sed 's/--clock-ns [0-9.]*//; s/--family [a-z0-9]*//')
  # shellcheck disable=SC2086 # options are words
  if ! "$hlsc" "$kernels/$k.c" --top "$k" -I hls $options --family "$f" --clock-ns "$asked" \
    -o "$name.v" --report "$name.json" --quiet 2>"$name.error"; then
    printf '%-16s %-6s %6s %8s %8s  refused: %s\n' "$k" "$f" "$asked" - - "$(sed 's/.*error: //; q' "$name.error")"
    return
  fi
  synthesise "$f" "$name"
  if ! measured=$(period "$f" "$name.net" 2>"$name.error" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'); then
    printf '%-16s %-6s %6s %8s %8s  not placed: %s\n' "$k" "$f" "$asked" - - "$(sed -n '/ERROR/ { s/ERROR: //; p; q }' "$name.error")"
    return
  fi
  jq -r '[.critical_path_ns, .clock_met] | @tsv' "$name.json" | awk -v k="$k" -v f="$f" -v a="$asked" -v m="$measured" -v noise="$noise" '{
    holds = m <= a ? "yes" : m <= a * noise ? "yes, within the noise" : $2 == "false" ? "no, as hlsc says" : "NO"
    printf "%-16s %-6s %6s %8.1f %8.1f  %s\n", k, f, a, $1, m, holds
  }'
}

rows() {
  local f k asked periods
  for f in $1; do
    if [ "$f" = ecp5 ] && ! command -v "${NEXTPNR_ECP5:-nextpnr-ecp5}" >/dev/null; then
      echo "ecp5: no ${NEXTPNR_ECP5:-nextpnr-ecp5}; make board-tools" >&2
      continue
    fi
    [ "$f" = ice40 ] && periods=${PERIODS:-24 32} || periods=${PERIODS:-10 14}
    for k in ${KERNELS:-states isqrt huffman string_search tanh_q12 histogram lru biquad search insertion_sort fir rnn_top crc32 viterbi cordic products triangle}; do
      for asked in $periods; do echo "$f $k $asked"; done
    done
  done
}

# Rows are independent of each other: as many at a time as JOBS says, printed in their order.
printf '%-16s %-6s %6s %8s %8s  %s\n' kernel family asked table nextpnr holds
rows "${*:-ice40 ecp5}" >"$out/rows"
declare -A job
while read -r f k asked; do
  while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-1}" ]; do wait -n || true; done
  row "$f" "$k" "$asked" >"$out/${f}_${k}_$asked.row" &
  job[${f}_${k}_$asked]=$!
done <"$out/rows"
status=0
while read -r f k asked; do
  name=${f}_${k}_$asked
  wait "${job[$name]}" || status=1
  cat "$out/$name.row"
  ! grep -q ' NO$' "$out/$name.row" || status=1
done <"$out/rows"
exit $status
