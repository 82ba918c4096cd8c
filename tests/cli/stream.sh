# shellcheck shell=bash
# Streaming: the same bits from every device, in chunks of any size, from files and pipes.
eddy run m.eddy --device cpu: -i wave.csv -o all.csv
expect 'run: a row for each row' 0 400 sh -c 'wc -l < all.csv'
# same NAME COMMAND...: prints what all.csv holds.
same() {
  local name=$1
  shift
  "$@" > got.csv 2> errors
  holds "$name" cmp all.csv got.csv
  holds "$name: in silence" test ! -s errors
}
same 'run: sim: equals cpu:' eddy run m.eddy --device sim: -i wave.csv
same 'run: sim: is the default' eddy run m.eddy -i wave.csv
for stall in cyclic random burst; do
  same "run: sim: with $stall stalls" eddy run m.eddy --device sim:stall=$stall,seed=5 -i wave.csv
done
same 'run: chunks of 7' eddy run m.eddy --device cpu: -i wave.csv --chunk 7
same 'run: chunks of 100000' eddy run m.eddy --device cpu: -i wave.csv --chunk 100000
same 'run: from a pipe' sh -c 'cat wave.csv | eddy run m.eddy --device cpu:'
same 'run: from a pipe named -' sh -c 'eddy run m.eddy --device cpu: -i - -o - < wave.csv'
same 'run: row by row' sh -c 'eddy run m.eddy --device cpu: --follow < wave.csv'
awk '{ print $1 * 2 + 1 }' wave.csv > doubled.csv
same 'run: scaled' eddy run m.eddy --device cpu: -i doubled.csv --scale 0.5 --offset -0.5
eddy run m.eddy --device cpu: -i wave.csv -o all.npy
eddy run m.eddy --device cpu: -i all.csv > twice.csv
eddy run m.eddy --device cpu: -i all.npy > twice_npy.csv
holds 'run: .npy out and in holds the same' cmp twice.csv twice_npy.csv
ecg=$(dpkg -L python3-scipy | grep '/ecg\.dat$')
match 'run: the member of an .npz' 0 '^-?[0-9.]+$' eddy run m.eddy -i "$ecg" --name ecg --rows 1
match 'run: no such member' 1 "has no array 'pulse'; it has: ecg$" eddy run m.eddy -i "$ecg" --name pulse
printf 'signal\n# a comment\n' | cat - wave.csv > header.csv
same 'run: header and comment' eddy run m.eddy --device cpu: -i header.csv

# The state is kept from row to row, and goes where it is told to.
eddy run m.eddy --device cpu: -i wave.csv --reset-each 100 > resets.csv
eddy run m.eddy --device cpu: -i wave.csv --skip 100 --rows 100 > second.csv
sed -n 101,200p resets.csv > part.csv
holds 'run: --reset-each begins anew' cmp part.csv second.csv
sed -n 101,200p all.csv > part.csv
holds 'run: state is kept without it' sh -c '! cmp -s part.csv second.csv'
eddy run m.eddy --device cpu: -i wave.csv --rows 150 > part.csv
holds 'run: --rows' sh -c 'head -n 150 all.csv | cmp - part.csv'

# An answer comes before the next question.
live() {
  coproc EDDY { eddy run m.eddy --follow; }
  local row answers=0
  for row in 0.1 0.2 0.3; do
    echo $row >&"${EDDY[1]}"
    read -r -t 10 <&"${EDDY[0]}" && answers=$((answers + 1))
  done
  eval "exec ${EDDY[1]}>&-"
  wait "$EDDY_PID"
  echo $answers
}
expect 'run: --follow answers each row at once' 0 3 live
match 'run: --counters' 0 '^steps 400, cycles [1-9][0-9]* \([0-9.]+ a step\), columns [1-9]' \
  sh -c 'eddy run m.eddy -i wave.csv --counters 2>&1 > /dev/null'

# What compile predicts is what a packet costs, with the data as they are, at rest, and far beyond their range.
compiled() { # STEPS ARGUMENT...
  local steps=$1
  shift
  eddy compile "$@" -o again.eddy | predicted 'cycles of a [ps][a-z]*, whatever the data' "$steps"
}
counted() { # STEPS SCALE
  eddy run again.eddy -i wave.csv --rows "$1" --scale "$2" --counters 2>&1 > /dev/null |
    sed -n 's/.* cycles \([0-9]*\) .*/\1/p'
}
for scale in 0 1 1000000; do
  for steps in 2 3 40; do
    expect "compile: cycles of $steps steps, data times $scale" 0 \
      "$(compiled $steps m.onnx --calibrate wave.csv)" counted $steps $scale
  done
done
for layer in '"cell": "lstm", "units": 20' '"cell": "gru", "units": 3, "direction": "bidirectional"'; do
  cat > cycles.json << SPEC
{ "data": { "file": "wave.csv", "task": "next", "train": 0.8 },
  "model": { "layers": [ { $layer }, { $layer }, {"cell": "dense", "units": 1} ] }, "training": { "batches": 1, "batch": 4, "steps": 10, "seed": 5 } }
SPEC
  eddy train cycles.json -o cycles.onnx --quiet
  for steps in 1 2 4 40; do
    expect "compile: cycles of $steps steps: $layer" 0 \
      "$(compiled $steps cycles.onnx --calibrate wave.csv --preset sim-80)" counted $steps 1
  done
done

# A model whose weights have 8 bits.
eddy compile m.onnx --weight-bits 8 --calibrate wave.csv -o m8.eddy --quiet
eddy run m8.eddy --device cpu: -i wave.csv > got8.csv
eddy run m8.eddy --device sim: -i wave.csv > sim8.csv
holds 'run: 8-bit weights: sim: equals cpu:' cmp got8.csv sim8.csv
