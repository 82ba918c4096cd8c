# shellcheck shell=bash
# Wrong use: exit 2, and what to do instead.
expect 'no command' 2 "eddy: a command is needed; 'eddy --help' lists them" eddy
expect 'unknown command' 2 "eddy: no command 'frobnicate'; 'eddy --help' lists them" eddy frobnicate
match 'version' 0 '^eddy [0-9]+\.[0-9]+\.[0-9]+$' eddy --version
match 'help' 0 '^Usage: eddy COMMAND' eddy --help
for command in devices train compile run check bench trace flash; do
  match "help lists $command" 0 "^  eddy $command " eddy --help
  match "$command --help" 0 "^Usage: eddy $command " eddy $command --help
  wrong "$command --frobnicate" "eddy $command: unrecognized option '--frobnicate'" eddy $command --frobnicate
done
wrong 'train without a specification' 'eddy train: SPEC.json is missing' eddy train -o x.onnx
wrong 'train without -o' 'eddy train: say with -o where to write the model' eddy train spec.json
wrong 'compile without a model' 'eddy compile: MODEL.onnx is missing' eddy compile -o x.eddy
wrong 'compile without -o' 'eddy compile: say with -o where to write the image' eddy compile m.onnx
wrong 'compile with both widths' 'eddy compile: give --preset or --weight-bits, not both' \
  eddy compile m.onnx -o x.eddy --preset sim-small --weight-bits 8
wrong 'run without a model' 'eddy run: MODEL is missing' eddy run
wrong 'run with two models' "eddy run: 'b' is one too many: one MODEL is expected" eddy run a b
wrong 'run float: --counters' 'eddy run: --counters: float: is no device and counts nothing' \
  eddy run m.onnx --device float: --counters
wrong 'run --chunk 0' 'eddy run: --chunk 0: give a whole number from 1 to 1000000' eddy run m.eddy --chunk 0
wrong 'run --skip with a pipe' 'eddy run: --skip and --rows need a file: --input FILE' eddy run m.eddy --skip 3
wrong 'run --scale x' 'eddy run: --scale x: give a number' eddy run m.eddy --scale x
wrong 'bench with an argument' "eddy bench: 'm.onnx' is one too many: only options are expected" eddy bench m.onnx
wrong 'bench --hidden 0' 'eddy bench: --hidden 0: give a whole number from 1 to 65535' eddy bench --hidden 0
wrong 'bench --threads 3' 'eddy bench: --threads 3: each needs a sequence of the batch, which has 2' \
  eddy bench --train --batch 2 --threads 3
wrong 'bench --cell elman' 'eddy bench: --cell elman: there are rnn, rnn-relu, gru, gru-0, lstm, lstm-peephole and dense' \
  eddy bench --cell elman
wrong 'trace on cpu:' 'eddy trace: --device cpu: has no waveform; use sim:' \
  eddy trace m.eddy -o x.fst --device cpu:
wrong 'trace without -o' 'eddy trace: say with -o where to write the waveform' eddy trace m.eddy
wrong 'flash without a file' 'eddy flash: PRESET-BOARD.bit is missing' eddy flash
