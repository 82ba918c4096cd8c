# shellcheck shell=bash
# Training: checkpoints, sequences, logs, and data that it refuses.
holds 'train: killed and resumed, the same bits' "${here:?}/../train/kill.sh" eddy 3

eddy train spec.json -o whole.onnx --quiet
eddy train spec.json -o part.onnx --batches 40 --checkpoint state --checkpoint-every 7 --quiet
holds 'train: a checkpoint changes nothing' cmp whole.onnx part.onnx
# A file may not become longer than 8 KiB: the write fails as on a full disk.
sed 's/"units": 10/"units": 30/' spec.json > wide.json
eddy train wide.json -o wide.onnx --checkpoint wide --quiet --checkpoint-every 20
cp wide before
match 'train: no room for a checkpoint' 1 '^eddy: cannot write wide: File too large' \
  bash -c "trap '' XFSZ; ulimit -f 8; eddy train wide.json -o none.onnx --checkpoint wide --checkpoint-every 20 --quiet"
holds 'train: the checkpoint before is whole' cmp wide before
holds 'train: nothing is left of the other' sh -c '! ls wide.tmp none.onnx* 2> /dev/null'
match 'train: the checkpoint of another training' 1 '^eddy: state: the checkpoint is of a training with other data' \
  eddy train spec.json -o none.onnx --checkpoint state --resume --seed 4
match 'train: no checkpoint' 1 '^eddy: m.onnx: not a checkpoint of a training' \
  eddy train spec.json -o none.onnx --checkpoint m.onnx --resume
wrong 'train --resume' 'eddy train: --resume needs --checkpoint FILE' eddy train spec.json -o x --resume
holds 'train: --resume before the first checkpoint begins' \
  eddy train spec.json -o new.onnx --checkpoint new --resume --quiet
holds 'train: as without' cmp whole.onnx new.onnx
eddy train spec.json -o log.onnx --log log.csv --weights log.safetensors --quiet
holds 'train: the weights' grep -q '"layers.1.w":{"dtype":"F32","shape":\[1,1,10\]' log.safetensors
expect 'train: a log of each batch' 0 41 grep -c , log.csv
expect 'train: its columns' 0 batch,loss,gradient_norm,learning_rate,validation head -1 log.csv
eddy train spec.json -o log.onnx --log log.jsonl --quiet
expect 'train: the same as JSON' 0 "$(tail -n +2 log.csv | cut -d, -f1-4)" \
  jq -r '"\(.batch),\(.loss),\(.gradient_norm),\(.learning_rate)"' log.jsonl
# The checkpoint has 35 of 40 batches; the log ends within a row behind it, as after a kill.
for log in log.csv log.jsonl; do
  head -n 38 $log > "cut.${log#*.}"
  printf 39, >> "cut.${log#*.}"
  eddy train spec.json -o part.onnx --batches 40 --checkpoint state --checkpoint-every 7 --resume --quiet --log "cut.${log#*.}"
  holds "train: --resume goes on in $log" cmp $log "cut.${log#*.}"
done
match 'train: a log that cannot be written' 1 'eddy: cannot write /dev/full: No space left' \
  eddy train spec.json -o despite.onnx --log /dev/full
holds 'train: the model is written all the same' cmp whole.onnx despite.onnx
mkfifo pipe
timeout 60 cat pipe > piped.onnx &
eddy train spec.json -o pipe --quiet
wait $!
holds 'train: a pipe stays one' test -p pipe
holds 'train: what went through it' cmp whole.onnx piped.onnx
sed 's/.*/3/' wave.csv > constant.csv
holds 'train: a plot of losses that are zero' eddy train spec.json --data constant.csv -o zero.onnx --plot zero.png --quiet
holds 'train: it is a picture' grep -q PNG zero.png
match 'train: over the specification' 1 '^eddy: --output would be written over the specification: name' \
  eddy train spec.json -o ./spec.json
match 'train: over the data' 1 '^eddy: --log would be written over the data: name' \
  eddy train spec.json -o x.onnx --log wave.csv
match 'train: over each other' 1 '^eddy: --checkpoint would be written over --output: name another file than none.onnx' \
  eddy train spec.json -o none.onnx --checkpoint none.onnx
match 'train: a folder' 1 '^eddy: cannot write .: Is a directory' eddy train spec.json -o .
match 'train: weights of an unknown kind' 1 '^eddy: w.npy: an unknown ending; weights are written as .safetensors or .npz' \
  eddy train spec.json -o none.onnx --weights w.npy
eddy train spec.json -o threads.onnx --threads 2 --quiet
eddy train spec.json -o again.onnx --threads 2 --quiet
holds 'train: the same threads give the same file' cmp threads.onnx again.onnx

# Sequences: the class of each is its first value.
awk 'BEGIN { srand(1); for (s = 0; s < 120; s++) { n = 2 + int(rand() * 5); first = int(rand() * 2);
  for (t = 0; t < n; t++) print s "," (t ? int(rand() * 2) : first) "," first } }' > sequences.csv
sequences() { # LAYERS
  echo '{"data": {"file": "sequences.csv", "task": "class", "sequence_column": 0},
    "model": {"layers": ['"$1"', {"cell": "dense", "units": 2}]},
    "training": {"epochs": 30, "batch": 16, "learning_rate": 0.02}}'
}
sequences '{"cell": "gru", "units": 8}' > sequences.json
match 'train: sequences' 0 '^test part: [0-9]+ samples, accuracy (1|0.9)' eddy train sequences.json -o sequences.onnx
sed 's/,0$/,1/' sequences.csv > same.csv
match 'train: a class is missing' 1 '^eddy: class 0 of 0 to 1 does not occur in the training part' \
  eddy train sequences.json --data same.csv -o none.onnx
sed '7s/$/,5/' sequences.csv > ragged.csv
match 'train: a ragged row' 1 '^eddy: ragged.csv: line 7' eddy train sequences.json --data ragged.csv -o none.onnx
sed '9s/,./,x/' sequences.csv > letters.csv
match 'train: no number' 1 '^eddy: letters.csv: line 9, column 2' eddy train sequences.json --data letters.csv -o none.onnx
sed 's/^/7,/' sequences.csv > more.csv
match 'run: more columns than the model' 1 'columns' sh -c \
  'eddy compile sequences.onnx -o sequences.eddy -q && eddy run sequences.eddy --device cpu: --input more.csv'

# Typical input of many sequences: cpu: as float, each from the initial state.
awk 'BEGIN { for (t = 0; t < 90; t++) print sin(t * t) }' > many.csv
match 'check: sequences of three rows' 0 '^90 steps on cpu: \(sim-small\), .* 0 saturations, 0 mismatches' \
  eddy check sequences.onnx -i many.csv --reset-each 3 --device cpu:
match 'compile: sequences of three rows' 0 '^calibration: in 90 rows' \
  eddy compile sequences.onnx --calibrate many.csv --reset-each 3 -o many.eddy

# Many to one, both directions, tokens: as the device runs it.
sequences '{"cell": "embedding", "units": 3}, {"cell": "lstm", "units": 6, "direction": "bidirectional"},
  {"cell": "gru", "units": 6, "direction": "reverse", "last_only": true}' > tokens.json
match 'train: tokens, both directions, the last output' 0 '^test part: 24 samples, accuracy 1' \
  eddy train tokens.json -o tokens.onnx
printf '1\n0\n0\n1\n' > one.csv
printf '0\n1\n1\n' > zero.csv
eddy compile tokens.onnx -o tokens.eddy --quiet
for class in zero one; do
  eddy run tokens.eddy --device cpu: --input $class.csv -o cpu.csv
  eddy run tokens.eddy --device sim: --input $class.csv -o sim.csv
  holds "run: $class, cpu: and sim: the same" cmp cpu.csv sim.csv
  # shellcheck disable=SC2016 # columns of awk
  expect "run: $class" 0 $class awk -F, '{ print ($1 > $2 ? "zero" : "one") }' sim.csv
done
sed 's/,1,/,1.5,/' sequences.csv > half.csv
match 'train: no token' 1 '^eddy: row [0-9]+: the token is 1.5: number the tokens 0, 1, 2' \
  eddy train tokens.json --data half.csv -o none.onnx
holds 'train: no model was made' test ! -e none.onnx

# An encoder and a decoder: the answer is the source backwards, between 0 and 1.
awk 'BEGIN { srand(2); for (s = 0; s < 300; s++) { a = 2 + int(rand() * 3); b = 2 + int(rand() * 3)
  print s ",0," a; print s ",0," b; print s ",1,0"; print s ",1," b; print s ",1," a; print s ",1,1" } }' > pairs.csv
cat > pairs.json << 'SPEC'
{ "data": { "file": "pairs.csv", "task": "translate", "sequence_column": 0, "side_column": 1 },
  "model": { "layers": [ {"cell": "embedding", "units": 4}, {"cell": "gru", "units": 16} ],
             "decoder": [ {"cell": "embedding", "units": 4}, {"cell": "gru", "units": 16},
                          {"cell": "dense", "units": 5} ] },
  "training": { "epochs": 20, "batch": 16, "learning_rate": 0.02, "threads": 2 } }
SPEC
match 'train: encoder and decoder' 0 '^test part: 180 samples, whole answers (1|0.9)' \
  eddy train pairs.json -o encoder.onnx --decoder decoder.onnx --weights pair.safetensors
holds 'train: the weights of both' grep -q '"decoder.layers.2.w":.*"encoder.layers.1.r"\|"encoder.layers.1.r":.*"decoder.layers.2.w"' pair.safetensors
holds 'compile: encoder and decoder' eddy compile encoder.onnx --decoder decoder.onnx -o pair.eddy --quiet
printf '3\n4\n' > source.csv
for device in cpu: sim:; do
  expect "run: the answer on $device" 0 $'4\n3\n1' eddy run pair.eddy --device $device --input source.csv --generate 3
done
expect 'train: where is the decoder' 1 'eddy: say with --decoder where to write the decoder' eddy train pairs.json -o x.onnx
expect 'train: there is no decoder' 1 'eddy: --decoder goes with the task "translate" only' \
  eddy train spec.json -o x.onnx --decoder y.onnx
