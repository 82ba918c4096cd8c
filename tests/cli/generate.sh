# shellcheck shell=bash
# Outputs fed back on the device, tokens in and out, every layer's outputs: the same bits on cpu: and sim:.

# both NAME COMMAND...: the command with --device cpu: and with --device sim: prints the same, kept in got.csv.
both() {
  local name=$1
  shift
  match "$name on cpu:" 0 '^-?[0-9]' "$@" --device cpu:
  "$@" --device cpu: > got.csv 2> /dev/null
  "$@" --device sim: > sim.csv 2> /dev/null
  holds "$name: sim: equals cpu:" cmp got.csv sim.csv
}

# Tokens: an embedding of 7, the largest of 7 outputs fed back.
net=golden/torch/embedding_lstm.onnx
match 'compile --feedback --largest: cycles' 0 '^cycles of a packet fed back:.* n steps [1-9][0-9]* \+ \(n - [1-5]\) \* [1-9][0-9]*$' \
  eddy compile $net --feedback --largest -o token.eddy
printf '3\n1\n4\n' > tokens.csv
both 'run --generate: tokens' eddy run token.eddy -i tokens.csv --generate 600
expect 'run --generate: as many steps' 0 600 sh -c 'wc -l < got.csv'
holds 'run --generate: tokens only' sh -c "! grep -qv '^[0-6]$' got.csv"
cp got.csv generated.csv
eddy run token.eddy --device cpu: -i tokens.csv --generate 600 --chunk 7 > got.csv
holds 'run --generate: chunks' cmp got.csv generated.csv
(cat tokens.csv && head -n 599 generated.csv) | eddy run token.eddy --device cpu: | tail -n 600 > got.csv
holds 'run --generate: as when its tokens are given' cmp got.csv generated.csv
eddy run $net --device float: --largest -i tokens.csv --generate 50 > generated.csv
(cat tokens.csv && head -n 49 generated.csv) | eddy run $net --device float: --largest | tail -n 50 > got.csv
holds 'float: --generate: as when its tokens are given' cmp got.csv generated.csv
match 'run: no token' 1 '^eddy: input row 1 is no token number: the model has tokens 0 to 6$' \
  sh -c 'echo 7 | eddy run token.eddy --device cpu:'
match 'float: no token' 1 '^eddy: the input is not token numbers from 0 to 6$' \
  sh -c "echo 0.5 | eddy run $net --device float:"

# Numbers: the network of one input and one output goes on by itself.
eddy compile m.onnx --calibrate wave.csv --feedback -o loop.eddy --quiet
both 'run --generate: numbers' eddy run loop.eddy -i wave.csv --rows 60 --generate 40
cp got.csv generated.csv
(head -n 60 wave.csv && head -n 39 generated.csv) | eddy run loop.eddy --device cpu: | tail -n 40 > got.csv
close 'run --generate: as when its numbers are given' 0.01 got.csv generated.csv
eddy run m.onnx --device float: -i wave.csv --rows 60 --generate 10 > float.csv
head -n 10 generated.csv > got.csv
close 'run --generate: near float:' 0.01 got.csv float.csv

# Every layer.
eddy compile m.onnx --calibrate wave.csv --all-layers -o layers.eddy --quiet
both 'run --all-layers' eddy run layers.eddy -i wave.csv --rows 50 --all-layers
expect 'run --all-layers: 10 units and 1 output' 0 11 sh -c "head -n 1 got.csv | tr ',' '\n' | wc -l"
eddy run m.onnx --device float: -i wave.csv --rows 50 --all-layers > float.csv
close 'run --all-layers: near float:' 0.005 got.csv float.csv
both 'run: an image of all layers, without' eddy run layers.eddy -i wave.csv --rows 50
eddy run m.eddy --device cpu: -i wave.csv --rows 50 > plain.csv
holds 'run: an image of all layers answers the last as any' cmp got.csv plain.csv

refused 'run --generate: compiled without' 'the program was compiled without feedback; compile it with feedback, as eddy compile --feedback does' \
  eddy run m.eddy --device cpu: -i wave.csv --generate 5 -o out
refused 'run --all-layers: compiled without' 'm.eddy answers its last layer only; compile it with --all-layers' \
  eddy run m.eddy --device cpu: -i wave.csv --all-layers -o out
match 'float: --generate: what cannot be fed back' 1 '^eddy: the outputs cannot be the next inputs' \
  eddy run golden/torch/lstm.onnx --device float: -i golden/torch/lstm.npz --name x --generate 5
match 'compile --feedback: what cannot be fed back' 1 '^eddy: feedback needs a causal model' \
  eddy compile golden/torch/lstm.onnx --feedback -o out
expect 'run --all-layers: whole sequences' 1 "eddy: --all-layers: the layers of a model that needs whole sequences do \
not answer the same steps; use eddy check" \
  eddy run golden/torch/gru_bidirectional.onnx --device float: -i golden/torch/gru_bidirectional.npz --name x --all-layers
wrong 'run --largest on a device' 'eddy run: --largest is for float:; a device needs an image compiled with it' \
  eddy run m.eddy --largest
expect 'run --generate with --reset-each' 1 'eddy: --generate goes on from one state: give no --reset-each' \
  eddy run token.eddy --device cpu: --generate 3 --reset-each 2 -i tokens.csv
wrong 'run --generate with --all-layers' 'eddy run: give --generate or --all-layers, not both' \
  eddy run m.eddy --generate 3 --all-layers

# An encoder and a decoder in one image: the answer is the source backwards, from 0 to 1.
awk 'BEGIN { srand(2); for (s = 0; s < 300; s++) { a = 2 + int(rand() * 3); b = 2 + int(rand() * 3)
  print s ",0," a; print s ",0," b; print s ",1,0"; print s ",1," b; print s ",1," a; print s ",1,1" } }' > pairs.csv
translation() { # CELL
  cat << SPEC
{ "data": { "file": "pairs.csv", "task": "translate", "sequence_column": 0, "side_column": 1 },
  "model": { "layers": [ {"cell": "embedding", "units": 4}, {"cell": "$1", "units": 16} ],
             "decoder": [ {"cell": "embedding", "units": 4}, {"cell": "$1", "units": 16},
                          {"cell": "dense", "units": 5} ] },
  "training": { "epochs": 20, "batch": 16, "learning_rate": 0.02 } }
SPEC
}
printf '2\n3\n4\n2\n3\n3\n' > sources.csv
for cell in gru lstm; do
  translation $cell > translation.json
  eddy train translation.json -o encoder.onnx --decoder decoder.onnx --quiet
  for bits in 8 16; do
    eddy compile encoder.onnx --decoder decoder.onnx --weight-bits $bits -o pair.eddy --quiet
    both "run: $cell encoder and decoder, $bits bits" \
      eddy run pair.eddy -i sources.csv --reset-each 2 --generate 5 --start 0 --stop 1
    expect "run: $cell translates, $bits bits" 0 '3 2 1 2 4 1 3 3 1' sh -c "tr '\n' ' ' < got.csv | sed 's/ $//'"
  done
  expect "float: $cell translates" 0 '3 2 1 2 4 1 3 3 1' sh -c "eddy run encoder.onnx --decoder decoder.onnx \
    --device float: -i sources.csv --reset-each 2 --generate 5 --stop 1 | tr '\n' ' ' | sed 's/ $//'"
done
eddy compile encoder.onnx --decoder decoder.onnx -o pair.eddy > costs
counted_pair() { # SOURCE_STEPS TOKENS
  head -n "$1" sources.csv > source.csv
  eddy run pair.eddy -i source.csv --generate "$2" --start 0 --counters 2>&1 > /dev/null |
    sed -n 's/.* cycles \([0-9]*\) .*/\1/p'
}
for steps in 1 3 6; do
  source=$(predicted 'cycles of a source of n steps and one token' $steps < costs)
  tokens=$(predicted 'cycles of a source of one step and n tokens' 9 < costs)
  one=$(predicted 'cycles of a source of one step and n tokens' 1 < costs)
  expect "compile: cycles of a source of $steps steps and 9 tokens" 0 $((source + tokens - one)) counted_pair $steps 9
done
match 'compile --decoder: what does not belong together' 1 '^eddy: encoder and decoder do not belong together: ' \
  eddy compile encoder.onnx --decoder m.onnx -o out
match 'run: a decoder without --generate' 1 '^eddy: the model is an encoder and a decoder: say with --generate' \
  eddy run pair.eddy --device cpu: -i sources.csv
match 'run: a first token that is none' 1 '^eddy: the first token is 5, the decoder has 0 to 4$' \
  eddy run pair.eddy --device cpu: -i sources.csv --generate 3 --start 5
match 'run --decoder on a device' 1 '^eddy: --decoder is for float:; a device needs an image compiled with it$' \
  eddy run pair.eddy --device cpu: --decoder decoder.onnx -i sources.csv --generate 3
