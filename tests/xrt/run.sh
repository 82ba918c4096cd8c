#!/bin/bash
# run.sh BUILD -- eddy on xrt: with XRT's own library in hardware emulation, and what may go wrong there. The cases run side
# by side, each in a session of its own that is killed as a whole after LIMIT seconds: XRT sleeps ten seconds for each.
set -u
build=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
eddy=$build/bin/eddy
good=$build/share/eddy/sim-small-hw_emu.xclbin
LIMIT=120
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset XILINX_XRT XCL_EMULATION_MODE XRT_INI_PATH EDDY_XRT_CARD

awk 'BEGIN { for (t = 0; t < 300; t++) printf "%.4f\n", sin(t / 5) + 0.3 * cos(t / 1.7) }' > wave.csv
cat > rnn.json << 'SPEC'
{ "data": { "file": "wave.csv", "task": "next", "train": 0.8 },
  "model": { "layers": [ {"cell": "rnn", "units": 9}, {"cell": "dense", "units": 1} ] },
  "training": { "batches": 5, "batch": 4, "steps": 10, "seed": 5 } }
SPEC
"$eddy" train rnn.json -o rnn.onnx --quiet || exit 1
"$eddy" compile rnn.onnx --calibrate wave.csv -o rnn.eddy --quiet || exit 1
"$eddy" run rnn.eddy --device sim: -i wave.csv -o sim.csv || exit 1
head -c 200000 "$good" > truncated.xclbin
sed 's/eddy:eddy_1/vadd:vadd_1/' "$good" > foreign.xclbin
head -c 5000 /dev/zero > wrong.xclbin
"$build/bin/make_xclbin" "$build/xrt/0/eddy_card" "$build/xrt/metadata.xml" small.xclbin 64 || exit 1

names=()
# begin NAME COMMAND...: in the background; the output goes to NAME.out, the status to NAME.status.
begin() {
  local name=$1
  shift
  names+=("$name")
  {
    setsid -w timeout -s KILL $LIMIT "$@" > "$name.out" 2>&1 < /dev/null
    echo $? > "$name.status"
  } &
}

# random NAME CELL [VARIABLE=VALUE...]: a random model, every output compared with cpu:.
random() {
  local name=$1 cell=$2
  shift 2
  begin "$name" env "$@" "$eddy" bench --device xrt:timeout=60 --cell "$cell" --input 5 --hidden 13 \
    --steps 300 --seed 7 --json
}

# killed NAME WHEN: the simulated card is killed before the first row, after it, or among many.
killed() {
  begin "$1" "$root/tests/xrt/killed.sh" "$eddy" "$2"
}

run=("$eddy" run rnn.eddy -i wave.csv)
begin same sh -c "'$eddy' run rnn.eddy --device xrt:timeout=60 -i wave.csv -o xrt.csv &&
  cmp xrt.csv sim.csv && echo same"
random rnn rnn
random gru gru 'EDDY_XRT_CARD=seed=7,latency=1-300,pause=50'
random lstm lstm 'EDDY_XRT_CARD=seed=8,latency=0-10,pause=20'
begin query env XRT_INI_PATH="$build/xrt/xrt.ini" "$root/tests/xrt/emulation.sh" \
  "$build/bin/examples/xrt_query" "$good"
begin doctor "$eddy" doctor
begin read_error env EDDY_XRT_CARD=bad=0-0x40000 "${run[@]}" --device xrt:
begin write_error env EDDY_XRT_CARD=bad=0x40000-0x80000 "${run[@]}" --device xrt:
begin no_memory "${run[@]}" --device xrt:xclbin=small.xclbin
begin truncated "${run[@]}" --device xrt:xclbin=truncated.xclbin
begin foreign "${run[@]}" --device xrt:xclbin=foreign.xclbin
begin wrong "${run[@]}" --device xrt:xclbin=wrong.xclbin
begin missing "${run[@]}" --device xrt:xclbin=missing.xclbin
begin no_xrt env XILINX_XRT=/nowhere "${run[@]}" --device xrt:
killed killed_before before
killed killed_after after
killed killed_during during
wait

passed=0 failed=0
# verdict NAME STATUS REGEX
verdict() {
  if [ "$(cat "$1.status")" = "$2" ] && grep -Eq -- "$3" "$1.out"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $1: status $(cat "$1.status"), expected $2; to match: $3"
    tail -n 5 "$1.out" | cut -c 1-300
  fi
}
verdict same 0 '^same$'
for cell in rnn gru lstm; do
  verdict $cell 0 '"mismatches": *0'
done
verdict doctor 0 '^xrt: works$'
verdict query 0 '^magic 5edd, preset 0, 8 lanes, 16-bit weights$'
verdict read_error 1 'eddy: xrt: the memory of the card answered a read with an error'
verdict write_error 1 'eddy: xrt: the memory of the card answered a write with an error'
verdict no_memory 1 'eddy: xrt: no memory on the card for the rings'
verdict truncated 1 'truncated.xclbin: it is truncated or damaged'
verdict foreign 1 'foreign.xclbin: it is for something else: it has no kernel eddy:eddy_1'
verdict wrong 1 'wrong.xclbin: it is no xclbin'
verdict missing 1 'missing.xclbin: No such file or directory'
verdict no_xrt 1 'XILINX_XRT=/nowhere holds no lib/libxrt_hwemu.so.2'
for when in before after during; do
  verdict killed_$when 1 'eddy: xrt: the simulated card has died \(signal 9\)'
done

# Nothing stays behind.
if pgrep -f "$folder" > left || ls -d /tmp/eddy-xrt-*/emulation_debug.log > left 2> /dev/null; then
  failed=$((failed + 1))
  echo "[  FAILED  ] left behind: $(cat left)"
else
  passed=$((passed + 1))
fi
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
