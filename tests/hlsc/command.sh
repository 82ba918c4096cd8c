#!/bin/bash
# command.sh HLSC -- what users do by mistake: an error that names the cause, exit status not 0, and files as they were.
set -u
hlsc=$1
kernel=$(dirname "$0")/kernels/fir.c
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

# refuses LABEL TEXT ARGUMENT...: exit status 1 (or 64, of the command line), and TEXT in what it says
refuses() {
  local label=$1 text=$2 status
  shift 2
  "$hlsc" "$@" -I hls --quiet >"$out/said" 2>&1
  status=$?
  if { [ $status -eq 1 ] || [ $status -eq 64 ]; } && grep -q -- "$text" "$out/said"; then
    passed=$((passed + 1))
    echo "[       OK ] $label"
  else
    failed=$((failed + 1))
    echo "[   FAILED ] $label: status $status"
    sed 's/^/  /' "$out/said"
  fi
}

holds() { # LABEL CONDITION...
  local label=$1
  shift
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "[   FAILED ] $label"
  fi
}

fir=("$kernel" --top fir)
refuses 'no source' 'are needed' --top fir -o "$out/f.v"
refuses 'a source that is not there' 'No such file' "$out/none.c" --top f -o "$out/f.v"
refuses 'an empty source' 'it is empty' /dev/null --top f -o "$out/f.v"
refuses 'a folder' 'Is a directory' "$out" --top f -o "$out/f.v"
head -c 3000 "$hlsc" >"$out/noise.c"
refuses 'noise' 'rejects the source' "$out/noise.c" --top f -o "$out/f.v"
echo 'void f(void) { int a = ; }' >"$out/broken.c"
refuses 'not C' 'broken.c:1:24: error' "$out/broken.c" --top f -o "$out/f.v"
refuses 'no such function' "no function 'absent'" "$kernel" --top absent -o "$out/f.v"
refuses 'no such family' "--family knows ice40 and ecp5, not 'other'" "${fir[@]}" -o "$out/f.v" --family other
for value in 0 -3 30ns nan inf ''; do
  refuses "a period of '$value'" '--clock-ns needs' "${fir[@]}" -o "$out/f.v" "--clock-ns=$value"
done
for value in '' -1 51 8x nan; do
  refuses "an uncertainty of '$value'" '--clock-uncertainty needs' "${fir[@]}" -o "$out/f.v" "--clock-uncertainty=$value"
done
refuses 'multipliers that are no number' '--multipliers needs' "${fir[@]}" -o "$out/f.v" --multipliers=-3
refuses 'no such pass' "not 'all'" "${fir[@]}" -o "$out/f.v" --dump all
holds 'nothing was written' test ! -e "$out/f.v"
refuses 'an output in a folder that is not there' 'No such file' "${fir[@]}" -o "$out/none/f.v"
refuses 'an output that is a folder' 'Is a directory' "${fir[@]}" -o "$out"
printf '#include "hls.h"\nvoid rest(hls_stream_u16 *out) { hls_write(out, 7); for (;;); }\n' >"$out/rest.c"
holds 'a process that comes to rest' "$hlsc" "$out/rest.c" --top rest -I hls --pipeline --quiet -o "$out/rest.v"
holds 'has nothing for a linter' verilator --lint-only -Wall --top-module rest "$out/rest.v" hls/hlsc/rtl/*.v
cp "$kernel" "$out/fir.c"
printf '#include "hls.h"\nuint32_t f(uint_fast16_t n) { return (uint32_t)(n >> 16); }\n' >"$out/fast.c"
refuses 'a type of as many bits as the machine likes' 'fast.c:2:.*uint_fast16_t.*use a type of stdint.h' "$out/fast.c" --top f -o "$out/f.v"
refuses 'an output over the source' 'would be overwritten' "$out/fir.c" --top fir -o "$out/fir.c"
refuses 'a report over the source' 'would be overwritten' "$out/fir.c" --top fir -o "$out/f.v" --report "$out/fir.c"
refuses 'a report over the output' 'would be overwritten' "$out/fir.c" --top fir -o "$out/f.v" --report "$out/f.v"
holds 'the source is as it was' cmp -s "$kernel" "$out/fir.c"
refuses 'a full device' 'No space left' "${fir[@]}" -o /dev/full
refuses 'a full device for the report' 'No space left' "${fir[@]}" -o "$out/f.v" --report /dev/full
holds 'no output without its report' test ! -e "$out/f.v"
holds 'the device is still there' test -c /dev/full
(
  ulimit -f 2
  "$hlsc" "${fir[@]}" -I hls -o "$out/g.v" --quiet
) 2>"$out/large"
holds 'a full disk is named' grep -q 'too large' "$out/large"
holds 'and leaves nothing behind' test -z "$(find "$out" -name 'g.v*')"
if [ "$(id -u)" != 0 ]; then
  mkdir -m 500 "$out/locked"
  refuses 'a folder without permission' 'denied' "${fir[@]}" -o "$out/locked/f.v"
fi
"$hlsc" "${fir[@]}" -I hls -o /dev/stdout --quiet 2>/dev/null | grep -q '^endmodule'
holds 'standard output as a file' test $? -eq 0
(umask 027 && "$hlsc" "${fir[@]}" -I hls -o "$out/f.v" --quiet)
holds 'the mode follows umask' test "$(stat -c %a "$out/f.v")" = 640

# A period that is too short is no error: the module is right, and the user is told what to do.
"$hlsc" "$(dirname "$kernel")/isqrt.c" --top isqrt -I hls -o "$out/f.v" --report "$out/f.json" --clock-ns 9 --quiet 2>"$out/said"
holds 'a short period compiles' test $? -eq 0
holds 'what is longer is named' grep -q 'isqrt.c:10:[0-9]*: warning: a .* longer than the period of 9 ns; .* --clock-ns' "$out/said"
holds 'the report says that the period is not met' grep -q '"clock_met": false' "$out/f.json"
for percent in 0 20; do
  "$hlsc" "$(dirname "$kernel")/lru.c" --top lru -I hls -o "$out/f.v" --report "$out/$percent.json" --clock-uncertainty $percent --quiet
done
# shellcheck disable=SC2016 # jq's
holds 'a part of the period is left to routing' jq -n -e --slurpfile all "$out/0.json" --slurpfile part "$out/20.json" \
  '$all[0].critical_path_ns > 24 and $part[0].critical_path_ns <= 24' >"$out/said"
"$hlsc" "${fir[@]}" -I hls -o "$out/f.v" --report "$out/f.json" --multipliers 0 --clock-ns 25 --quiet 2>"$out/said"
# shellcheck disable=SC2016 # awk's
holds 'products made of LUTs are spread over cycles' awk '/critical_path_ns/ { exit !($2 + 0 < 30) }' "$out/f.json"
echo 'int f(int a, int b) { return a * b; }' >"$out/product.c"
"$hlsc" "$out/product.c" --top f -o "$out/f.v" --report "$out/f.json" --multipliers 0 --quiet 2>"$out/said"
holds 'a product of LUTs keeps the period' grep -q '"clock_met": true' "$out/f.json"
holds 'and nothing is said' test ! -s "$out/said"
cat >"$out/unroll.c" <<'END'
#include "hls.h"
uint32_t f(const uint32_t x[HLS_SIZE(8)], uint8_t n)
{
    uint32_t sum = 0;
    HLS_UNROLL
    for (uint8_t i = 0; i < 8; i++)
        sum += x[i];
    HLS_UNROLL
    for (uint8_t i = 0; i < n; i++)
        sum ^= sum << 3;
    return sum;
}
END
"$hlsc" "$out/unroll.c" --top f -I hls -o "$out/f.v" --quiet 2>"$out/said"
holds 'a loop that cannot be unrolled is named, and no other' test "$(sed 's/.*unroll.c:\([0-9]*\):.*HLS_UNROLL has no effect.*/\1/' "$out/said")" = 9
# Simulators that know unknown bits see them where nothing is said of what a memory holds at first.
cat >"$out/zeros.c" <<'END'
#include <stdint.h>
uint16_t zeros(uint16_t i)
{
    static uint16_t count[6];
    return ++count[i % 6];
}
END
cat >"$out/test.v" <<'END'
module test;
  reg clk = 0, rst_n = 0;
  wire done;
  wire [15:0] result;
  zeros zeros (.clk(clk), .rst_n(rst_n), .start(1'b1), .i(16'd8), .done(done), .result(result));
  always #1 clk = ~clk;
  always @(posedge clk) if (done) begin
    $display("%0d", result);
    $finish;
  end
  initial #9 rst_n = 1;
endmodule
END
"$hlsc" "$out/zeros.c" --top zeros --sequencer -o "$out/zeros.v" --quiet
iverilog -g2012 -o "$out/test" "$out/test.v" "$out/zeros.v" hls/hlsc/rtl/*.v
holds 'statics are zero at first' test "$(timeout 20 vvp -n "$out/test")" = 1
echo "[  PASSED  ] $passed test(s)."
[ "$failed" -eq 0 ] || echo "[  FAILED  ] $failed test(s)"
[ "$failed" -eq 0 ]
