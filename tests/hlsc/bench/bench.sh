#!/bin/sh
# bench.sh HLSC OUT RIG -- quality of result on the C of the peers, for UP5K: one table. Cycles are simulated (RIG),
# LUTs by yosys, MHz by nextpnr (median of three seeds). The limits are those that the compiler is held to.
set -eu
hlsc=$1 out=$2 rig=$3
here=$(dirname "$0")
kernels=$here/../kernels
fifo=hls/hlsc/rtl/hlsc_fifo.v
mkdir -p "$out"
failed=0

count() { # FILE CELLS
  awk -v cell="$2" '$1 ~ cell { n += $2 } END { print n + 0 }' "$1"
}

mhz() { # JSON: the median of three seeds
  for seed in 1 2 3; do
    nextpnr-ice40 --up5k --package sg48 --json "$1" --seed $seed --pcf-allow-unconstrained --timing-allow-fail -q \
      --report "$1.report" >"$1.log" 2>&1 || { cat "$1.log" >&2; exit 1; }
    jq '[.fmax[].achieved] | min' "$1.report"
  done | sort -n | sed -n 2p
}

limit() { # VALUE OPERATOR LIMIT: says whether it holds
  if awk "BEGIN { exit !($1 $2 $3) }"; then printf 'yes'; else printf 'NO'; fi
}

row() { # KERNEL MOST_CYCLES MOST_LUTS LEAST_MHZ MULTIPLIERS PEER
  k=$1
  options=$(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$kernels/$k.c")
  # shellcheck disable=SC2086 # options are words
  "$hlsc" "$kernels/$k.c" --top "$k" -I hls -o "$out/$k.v" --report "$out/$k.json" --quiet $options
  yosys -q -p "read_verilog -sv $out/$k.v $fifo; synth_ice40 -dsp -top $k; tee -o $out/$k.stat stat"
  jq -r -f "$here/harness.jq" "$out/$k.json" >"$out/${k}_harness.v"
  yosys -q -p "read_verilog -sv $out/$k.v $fifo $out/${k}_harness.v; synth_ice40 -dsp -top harness -json $out/$k.net"
  cycles=$(jq .latency "$out/$k.json")
  "$rig" 4 1 "$k" | grep -q "PASSED" || { echo "$k does not simulate" >&2; exit 1; }
  luts=$(count "$out/$k.stat" SB_LUT4) f=$(mhz "$out/$k.net")
  holds=yes
  macs=$(count "$out/$k.stat" SB_MAC16)
  for test in "$(limit "$macs" '==' "$5")" "$(limit "$cycles" '<=' "$2")" "$(limit "$luts" '<=' "$3")" "$(limit "$f" '>=' "$4")"; do
    [ "$test" = yes ] || holds=NO
  done
  [ $holds = yes ] || failed=1
  printf '%-10s %7s %5s %5s %5s %6.1f  %-36s %s\n' "$k" "$cycles" "$luts" "$(count "$out/$k.stat" SB_DFF)" \
    "$macs" "$f" "<= $2 cycles, <= $3 LUT, >= $4 MHz" "$holds"
  printf '%-10s %s\n' '  Bambu' "$6"
}

engine() { # NAME DEFINE SOURCE...: prints LUT LC MHz
  name=$1 define=$2
  shift 2
  yosys -q -p "read_verilog -sv $define $* $here/engine.v; synth_ice40 -dsp -spram -top engine -json $out/$name.net; tee -o $out/$name.stat stat" \
    2>"$out/$name.log" || { cat "$out/$name.log" >&2; exit 1; }
  f=$(mhz "$out/$name.net")
  echo "$(count "$out/$name.stat" SB_LUT4) $(jq '.utilization.ICESTORM_LC.used' "$out/$name.net.report") $f"
}

printf '%-10s %7s %5s %5s %5s %6s  %-36s %s\n' kernel cycles LUT FF MAC16 MHz limits holds
row mv_mac 8256 200 0 1 '16514 cycles with 118 LUT rolled, 8834 with 955 LUT unrolled'
row mv_mac4 2112 99999 0 4 '4226 cycles with 212 LUT'
row mv_mac4p 2112 99999 0 4 '4226 cycles with 212 LUT'
row rnn_step 1900 800 0 3 '3266 cycles with 645 LUT rolled, 2002 with 1388 LUT unrolled'
row tanh_q12 0 99999 40 1 'II = 1: 292 LUT, 26.2 MHz'
"$hlsc" "$kernels/rnn_top.c" --top rnn_top -I hls -o "$out/rnn_top.v" --quiet --multipliers 8
peers=$here/../peers
# shellcheck disable=SC2046 # three words
set -- $(engine hand "-DHAND -I$peers" "$peers/rnn_hand.v" "$peers/fifo.v") $(engine hlsc '' "$out/rnn_top.v" "$fifo")
awk -v a="$1" -v b="$2" -v c="$3" -v x="$4" -v y="$5" -v z="$6" 'BEGIN {
  printf "engine, 8 lanes       LUT            LC             MHz\n  by hand    %12d %13d %15.1f\n  hlsc       %12d %13d %15.1f\n", a, b, c, x, y, z
  printf "  ratio      %12.2f %13.2f %15.2f   <= 1.10, <= 1.15, >= 1.00: %s\n", x / a, y / b, z / c,
    ((x <= 1.10 * a && y <= 1.15 * b && z >= c) ? "yes" : "NO")
  exit !(x <= 1.10 * a && y <= 1.15 * b && z >= c) }' || failed=1
exit $failed
