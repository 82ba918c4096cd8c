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
"$eddy" compile rnn.onnx --calibrate wave.csv --feedback -o loop.eddy --quiet || exit 1
sed 's/"cell": "rnn"/"direction": "bidirectional", "cell": "gru"/' rnn.json > both_ways.json
"$eddy" train both_ways.json -o both_ways.onnx --quiet || exit 1
"$eddy" compile both_ways.onnx --calibrate wave.csv -o both_ways.eddy --quiet || exit 1
awk 'BEGIN { for (s = 0; s < 30; s++) { a = 2 + s % 3; b = 2 + s % 2
  print s ",0," a; print s ",0," b; print s ",1,0"; print s ",1," b; print s ",1," a; print s ",1,1" } }' > pairs.csv
cat > pair.json << 'SPEC'
{ "data": { "file": "pairs.csv", "task": "translate", "sequence_column": 0, "side_column": 1 },
  "model": { "layers": [ {"cell": "embedding", "units": 4}, {"cell": "lstm", "units": 9} ],
             "decoder": [ {"cell": "embedding", "units": 4}, {"cell": "lstm", "units": 9}, {"cell": "dense", "units": 5} ] },
  "training": { "epochs": 1, "batch": 4 } }
SPEC
"$eddy" train pair.json -o encoder.onnx --decoder decoder.onnx --quiet || exit 1
"$eddy" compile encoder.onnx --decoder decoder.onnx -o pair.eddy --quiet || exit 1
printf '2\n3\n4\n2\n3\n3\n' > sources.csv
# More words each way than a ring holds.
awk 'BEGIN { for (t = 0; t < 20000; t++) printf "%.4f\n", sin(t / 5) }' > long.csv
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
# alike NAME INPUT OPTION...: eddy run on xrt: and on sim:.
alike() {
  local name=$1 input=$2
  shift 2
  # shellcheck disable=SC2016
  begin "$name" sh -c 'name=$1 input=$2 eddy=$3; shift 3
    "$eddy" run "$@" --device sim: < "$input" > "$name.sim" && "$eddy" run "$@" --device xrt:timeout=60 < "$input" > "$name.xrt" &&
    [ -s "$name.xrt" ] && cmp "$name.sim" "$name.xrt" && echo same' - "$name" "$input" "$eddy" "$@"
}
alikes=(same follow sequence generate translate long)
alike same wave.csv rnn.eddy
alike follow wave.csv rnn.eddy --follow
alike sequence wave.csv both_ways.eddy --reset-each 60
alike generate wave.csv loop.eddy --generate 700
alike translate sources.csv pair.eddy --reset-each 2 --generate 6 --start 0 --stop 1
alike long long.csv rnn.eddy
# Packets that take longer than a card may be silent.
begin packets "$eddy" bench --device xrt:timeout=2 --cell lstm --input 16 --hidden 128 --streams 4 --steps 256 --json
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
cp "$good" software.xclbin
printf '\005' | dd of=software.xclbin bs=1 seek=332 conv=notrunc 2> /dev/null
cp "$good" damaged.xclbin
printf 'damage' | dd of=damaged.xclbin bs=1 seek=300000 conv=notrunc 2> /dev/null
mkfifo pipe.xclbin
begin software "${run[@]}" --device xrt:xclbin=software.xclbin
begin damaged "${run[@]}" --device xrt:xclbin=damaged.xclbin
begin pipe "${run[@]}" --device xrt:xclbin=pipe.xclbin
begin other_preset "$eddy" bench --device "xrt:xclbin=$good,preset=sim-small-w8" --preset sim-small-w8 --steps 2
begin no_card "${run[@]}" --device xrt:bdf=0000:01:00.1
begin no_unzip env PATH=/nowhere "${run[@]}" --device xrt:
begin long_name "${run[@]}" --device "xrt:xclbin=$(head -c 300 /dev/zero | tr '\0' x)"
begin stalls "${run[@]}" --device xrt:stall=random
begin user env -u HOME USER="$(head -c 200 /dev/zero | tr '\0' u)" "${run[@]}" --device xrt:
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
for name in "${alikes[@]}"; do
  verdict "$name" 0 '^same$'
done
for cell in rnn gru lstm packets; do
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
verdict software 1 'software.xclbin: it is for software emulation'
verdict damaged 1 'damaged.xclbin: it is damaged'
verdict pipe 1 'pipe.xclbin: it is no xclbin'
verdict other_preset 1 'the device was not built as preset sim-small-w8'
verdict no_card 1 'XRT finds no such card'
verdict no_unzip 1 'XRT runs unzip and chmod, which PATH does not hold'
verdict long_name 1 'device URI: the value of xclbin is longer than 255 characters'
verdict stalls 1 'xrt: has no ports to stall'
verdict user 0 '^-?[0-9.]+$'
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
