# shellcheck shell=bash
# What is reported: devices, costs, utilisation, exactness, waveforms, training.
# json NAME CONDITION COMMAND...: the JSON that the command prints meets a condition of jq.
json() {
  local name=$1 condition=$2
  shift 2
  "$@" > got.json
  result "$name" $? <<< "$* failed"
  holds "$name: $condition" jq -e "$condition" got.json
}
for device in cpu:preset=sim-small cpu:preset=sim-small-w8 sim:preset=sim-small sim:preset=sim-small-w8; do
  match "devices: $device" 0 "^$device +8 " eddy devices
done
match 'compile: says what it costs' 0 \
  '^a step: 120 useful MACs in 32 columns of 8 lanes \(46.9 % of them\), so 32 cycles at least$' \
  eddy compile m.onnx --calibrate wave.csv -o cost.eddy
match 'compile: what saturates of the data that chose the formats' 0 \
  '^calibration: in 400 rows 0 inputs, 0 linear results and 0 cell states saturate$' \
  eddy compile m.onnx --calibrate wave.csv -o cost.eddy
awk 'BEGIN { for (t = 0; t < 50; t++) print 1e5 * sin(t) ",1e5,0" }' > huge.csv
match 'compile: what saturates of huge numbers' 0 '^calibration: in 50 rows [1-9][0-9]* inputs, ' \
  eddy compile golden/torch/rnn_relu.onnx --calibrate huge.csv -o huge.eddy

keys='[has("device", "preset", "cell", "input", "hidden", "lanes", "weight_bits", "steps", "cycles",
  "cycles_per_step", "useful_macs", "mac_utilisation", "wait_input", "wait_state", "wait_drain", "wait_control",
  "saturations", "mismatches")] | all'
bench() { eddy bench --device sim: --cell rnn --json "$@"; }
json 'bench: all keys' "$keys" bench --input 16 --hidden 64 --steps 200
json 'bench: hidden 64' '.mismatches == 0 and .mac_utilisation >= 0.95' bench --input 16 --hidden 64 --steps 200
json 'bench: hidden 128' '.mismatches == 0 and .mac_utilisation >= 0.97' bench --input 16 --hidden 128 --steps 100
json 'bench: 8-bit weights' '.mismatches == 0 and .mac_utilisation >= 0.95 and .weight_bits == 8' \
  bench --input 16 --hidden 64 --steps 200 --weight-bits 8
for sizes in '1 1' '1 5' '3 13' '16 33' '7 100' '512 8' '1 128'; do
  read -r input hidden <<< "$sizes"
  json "bench: input $input, hidden $hidden" \
    ".mismatches == 0 and .cycles > 0 and .input == $input and .hidden == $hidden and .steps == 30" \
    bench --input "$input" --hidden "$hidden" --steps 30
done
json 'bench: stalls' '.mismatches == 0' eddy bench --device sim:stall=random,seed=3 --steps 50 --json
json 'bench: dense' '.mismatches == 0 and .cell == "dense"' bench --cell dense --input 20 --hidden 30
json 'bench: cpu:' '.cycles == 0 and .mac_utilisation == 0 and .mismatches == 0' \
  eddy bench --device cpu: --steps 20 --json
json 'bench: from port to port' '.mismatches == 0 and .latency_columns == 6 and .latency_cycles <= 26 + 30 and
  .latency_columns + .latency_drain + .latency_gates + .latency_transport == .latency_cycles' \
  bench --preset sim-80 --cell lstm --input 6 --hidden 20 --steps 1
json 'bench: no latency of many steps' 'has("latency_cycles") | not' bench --steps 2
json 'bench: speed of the simulation' '.simulated_khz > 0 and .outside_rtl >= 0' bench --steps 200
json 'bench: each step alone' '.mismatches == 0 and .steps == 60 and .process_us_per_step > .library_us_per_step and
  .library_us_per_step >= 0' bench --steps 30 --streams 2 --each
json 'bench: clock' '.us_per_step * 50 - .cycles_per_step | fabs < 0.01' bench --steps 20 --clock-mhz 50
train_keys='(.samples_per_s > 0) and (.steps_per_s > .samples_per_s) and (.gflops > 0) and (.sgemm_gflops > 0) and
  (.fraction_of_sgemm * .sgemm_gflops / .gflops - 1 | fabs < 1e-4) and .threads == 2'
json 'bench --train: all keys' "$train_keys" \
  eddy bench --train --cell gru --input 3 --hidden 5 --layers 2 --steps 4 --batch 3 --threads 2 --json
match 'bench: as text' 0 '^mismatches +0$' eddy bench --steps 20
match 'bench: too large' 1 '^eddy: the model needs .* too many' eddy bench --hidden 1000

json 'check: layers' '.mismatches == 0 and (.layers | length) == 2 and all(.layers[]; .nmse < 1e-5)' \
  eddy check m.onnx -i wave.csv --json
json 'check: 8-bit weights' '.mismatches == 0 and .preset == "sim-small-w8" and all(.layers[]; .nmse < 1e-2)' \
  eddy check m.onnx -i wave.csv --weight-bits 8 --json
match 'check: as text' 0 '^400 steps on sim: \(sim-small\), [1-9][0-9]* cycles, 0 saturations, 0 mismatches' \
  eddy check m.onnx -i wave.csv
match 'check: noise' 0 ' 0 mismatches with cpu:$' eddy check m.onnx --steps 50
for numbers in golden/*/*.npz; do # all exporters' models but those with clip, which the device lacks
  case $numbers in *_clip.npz) continue ;; esac
  json "check: ${numbers#golden/}" '.mismatches == 0 and all(.layers[]; .nmse < 2e-5)' \
    eddy check "${numbers%.npz}.onnx" -i "$numbers" --name x --json
done

expect 'trace: says so' 0 'm.fst: 20 steps; open it with gtkwave' eddy trace m.eddy -o m.fst
holds 'trace: a waveform' test "$(wc -c < m.fst)" -gt 10000
holds 'trace: no temporary file' test ! -e m.fst.tmp

eddy train spec.json -o again.onnx --quiet
holds 'train: the same seed gives the same file' cmp m.onnx again.onnx
eddy train spec.json -o again.onnx --seed 4 --quiet
holds 'train: another seed another' sh -c '! cmp -s m.onnx again.onnx'
match 'train: says what it did' 0 '^trained 5 batches of 8 sequences, seed 9, 1 thread\(s\): loss ' \
  eddy train spec.json -o again.onnx --seed 9 --batches 5
match 'train: measures' 0 '^test part: 79 samples, RMSE ' eddy train spec.json -o again.onnx
eddy train spec.json -o again.onnx --plot loss.png --quiet
holds 'train: a plot' sh -c 'head -c 8 loss.png | grep -q PNG'
match 'train: an interrupt keeps the model so far' 0 '^interrupted after [0-9]+ batches' \
  timeout --preserve-status -s INT 1 eddy train spec.json -o part.onnx --batches 100000000
holds 'train: that model compiles' eddy compile part.onnx -o part.eddy
