#!/bin/sh
# bench.sh HLSC OUT RIG GEN -- quality of result on the C of the peers, for UP5K: one table. Cycles are simulated (RIG),
# LUTs by yosys, MHz by nextpnr (median of three seeds). The limits are those that the compiler is held to.
set -eu
hlsc=$1 out=$2 rig=$3 gen=$4
here=$(dirname "$0")
kernels=$here/../kernels
fifo=hls/hlsc/rtl/hlsc_fifo.v
mkdir -p "$out"
# shellcheck source=tests/support/bounds.sh
. tests/support/bounds.sh

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

options_of() { # KERNEL
  sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$kernels/$1.c"
}

row() { # KERNEL MOST_CYCLES MOST_LUTS LEAST_MHZ MULTIPLIERS PEER
  k=$1
  # shellcheck disable=SC2046 # options are words
  "$hlsc" "$kernels/$k.c" --top "$k" -I hls -o "$out/$k.v" --report "$out/$k.json" --quiet $(options_of "$k")
  yosys -q -p "read_verilog -sv $out/$k.v $fifo; synth_ice40 -dsp -top $k; tee -o $out/$k.stat stat"
  jq -r -f "$here/harness.jq" "$out/$k.json" >"$out/${k}_harness.v"
  yosys -q -p "read_verilog -sv $out/$k.v $fifo $out/${k}_harness.v; synth_ice40 -dsp -top harness -json $out/$k.net"
  "$rig" 4 1 "$k" >"$out/$k.run" || { echo "$k does not simulate" >&2; exit 1; }
  cycles=$(jq .latency "$out/$k.json") # the simulation has compared them
  [ "$cycles" != 0 ] && { verdict "$k: cycles" "$cycles" '<=' "$2"; }
  verdict "$k: LUT" "$(count "$out/$k.stat" SB_LUT4)" "<=" "$3"
  verdict "$k: MAC16" "$(count "$out/$k.stat" SB_MAC16)" '==' "$5"
  verdict "$k: interval" "$(jq '[.loops[].ii] | min' "$out/$k.json")" '==' 1
  verdict "$k: MHz" "$(mhz "$out/$k.net" | awk '{ printf "%.1f", $1 }')" '>=' "$4"
  figure "$k: Bambu" "$6"
}

compile_seconds() { # PRESET: all processes of the engine
  for process in control steps datapath results; do
    family=$(echo '--family HLS_FAMILY --clock-ns HLS_CLOCK_NS --clock-uncertainty 0' | cc "-DEDDY_PRESET=$1" -include hls/config.h -x c -E -P - | tail -n 1)
    # shellcheck disable=SC2086 # options are words
    LC_ALL=C bash -c 'TIMEFORMAT="%U %S"; time "$@"' - "$hlsc" "hls/$process.c" --top $process "-DEDDY_PRESET=$1" -I hls -I "$gen" $family -o "$out/$process.v" --quiet 2>&1
  done | awk '{ s += $1 + $2 } END { printf "%.1f", s }'
}

engine() { # NAME DEFINE SOURCE...: prints LUT LC MHz
  name=$1 define=$2
  shift 2
  yosys -q -p "read_verilog -sv $define $* $here/engine.v; synth_ice40 -dsp -spram -top engine -json $out/$name.net; tee -o $out/$name.stat stat" \
    2>"$out/$name.log" || { cat "$out/$name.log" >&2; exit 1; }
  f=$(mhz "$out/$name.net" | awk '{ printf "%.1f", $1 }')
  echo "$(count "$out/$name.stat" SB_LUT4) $(jq '.utilization.ICESTORM_LC.used' "$out/$name.net.report") $f"
}

bounds
row mv_mac 8256 200 12 1 '16514 cycles with 118 LUT rolled, 8834 with 955 LUT unrolled'
row mv_mac4 2112 5280 12 4 '4226 cycles with 212 LUT'
row mv_mac4p 2112 5280 12 4 '4226 cycles with 212 LUT'
row rnn_step 1900 800 12 3 '3266 cycles with 645 LUT rolled, 2002 with 1388 LUT unrolled'
row tanh_q12 - 5280 40 1 '292 LUT, 26.2 MHz'
# shellcheck disable=SC2046 # options are words
"$hlsc" "$kernels/rnn_top.c" --top rnn_top -I hls -o "$out/rnn_top.v" --quiet $(options_of rnn_top)
peers=$here/../peers
# shellcheck disable=SC2046 # three words
set -- $(engine hand "-DHAND -I$peers" "$peers/rnn_hand.v" "$peers/fifo.v") $(engine hlsc '' "$out/rnn_top.v" "$fifo")
ratio() {
  awk "BEGIN { printf \"%.2f\", $1 / $2 }"
}
verdict "engine of 8 lanes, LUT: $4 / $1 by hand" "$(ratio "$4" "$1")" '<=' 1.10
verdict "engine of 8 lanes, LC: $5 / $2 by hand" "$(ratio "$5" "$2")" '<=' 1.15
verdict "engine of 8 lanes, MHz: $6 / $3 by hand" "$(ratio "$6" "$3")" '>=' 1.00
# shellcheck disable=SC2013 # numbers
for preset in $(sed -n 's/^#define EDDY_PRESETS(X) //p' hls/config.h | grep -o '[0-9]*'); do
  verdict "compile time of preset $preset, CPU seconds" "$(compile_seconds "$preset")" '<=' 10
done
bounds_end
