#!/bin/bash
# bench.sh BUILD -- what USB reaches, each figure beside its bound: over the simulated bus in the bus's own time
# (tests/usb/bench.c), and in CPU time of a real client of libusb. The figures as JSON go to BUILD/bench/usb.json.
set -eu
build=$1
# shellcheck source=tests/support/bounds.sh
. tests/support/bounds.sh
mkdir -p "$build/bench"

cpu() { # OPTION...: the least of three
  for _ in 1 2 3; do
    "$build/bin/with-board" "$build/bin/eddy" bench --device usb: --cell rnn --input 1 --hidden 32 --steps 300 --json "$@"
  done | jq -s '{process_us: map(.process_us_per_step) | min, library_us: map(.library_us_per_step) | min,
    mismatches: map(.mismatches) | add}'
}

json=$build/bench/usb.json
jq -n --slurpfile bus <("$build/tests/usb_bench") --argjson each "$(cpu --each)" --argjson stream "$(cpu)" \
  '$bus[0] + {cpu_each: $each, cpu_stream: $stream}' > "$json"
get() { # JQ [DIGITS]
  jq -r "$1" "$json" | awk -v digits="${2:-1}" '{ printf "%.*f", digits, $1 }'
}

echo 'Bulk, per cent of 19 packets of 64 bytes a frame (1.216 MB/s), random data:'
bounds
verdict 'OUT' "$(get '100 * .out')" '>=' 90
verdict 'IN' "$(get '100 * .in')" '>=' 90
verdict 'both at once, their sum' "$(get '100 * .both')" '>=' 90
verdict 'OUT while IN has nothing and is polled' "$(get '100 * .out_polled')" '>=' 90
figure '... polled between any two packets, as by OHCI: 17 of 19 fit' "$(get '100 * .out_polled_always')"
verdict 'packets sent twice' "$(get .retries 0)" '==' 0
figure 'bit times from a packet of the host to the answer (USB: 2 to 6.5)' "$(get .turnaround_bits)"
echo
echo "The demo's model, 32 tanh units and a dense one, the engine at $(get '.engine_khz / 1000' 0) MHz:"
bounds
figure 'cycles a step' "$(get .cycles 0)"
verdict 'steps a second, many in a call, per cent of what the engine can' "$(get '100 * .steps_per_s / .engine_steps_per_s')" '>=' 90
figure '... steps a second' "$(get .steps_per_s 0)"
figure '... per cent of the link, both ways' "$(get '100 * .share')"
figure 'steps a second, a call each' "$(get .single_steps_per_s 0)"
figure '... per cent of the link, both ways, headers included' "$(get '100 * .single_share')"
verdict 'latency of a step in frames (ms), the longest of any begin' "$(get .latency_frames.most 3)" '<=' 1
figure '... the mean' "$(get .latency_frames.mean 3)"
echo
echo 'CPU time of the host, µs a step (32 tanh units; libusb below with-board):'
bounds
verdict "a call each: the library's own" "$(get .cpu_each.library_us 2)" '<=' 5
figure '... the process, with libusb, its thread and the system calls' "$(get .cpu_each.process_us)"
verdict 'many in a call: the process, with libusb' "$(get .cpu_stream.process_us)" '<=' 5
verdict 'outputs that differ from cpu:' "$(get '.cpu_each.mismatches + .cpu_stream.mismatches' 0)" '==' 0
bounds_end
