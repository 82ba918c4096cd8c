# shellcheck shell=bash
# Files and streams that are not what they should be: one clear line, exit 1, no output touched.

# refused NAME LINE COMMAND...: `out` holds what it held before.
refused() {
  local name=$1 line=$2
  shift 2
  echo 'kept' > out
  expect "$name" 1 "eddy: $line" "$@"
  expect "$name: the output is as it was" 0 'kept' cat out
  rm -f out
  "$@" > /dev/null 2>&1 < /dev/null
  holds "$name: no output is made" test ! -e out -a ! -e out.tmp
}

printf '1,2\n3,4\n' > two.csv
printf '1\n2\nnan\n' > nan.csv
printf '1\n-inf\n' > infinite.csv
printf '1\nseven\n' > word.csv
: > empty.csv
head -c 400 m.onnx > truncated.onnx
head -c 300 m.eddy > truncated.eddy
head -c 3000 /dev/urandom > random.onnx
LC_ALL=C sed 's/RNN/Foo/g' m.onnx > unsupported.onnx
sed 's/"units": 10/"units": 600/; s/"batches": 40/"batches": 1/' spec.json > large.json
eddy train large.json -o large.onnx --quiet

damaged='is not an ONNX file, or is truncated or damaged; export it again'
for command in 'compile -o out' check; do
  # shellcheck disable=SC2086
  set -- eddy $command
  refused "$2: truncated ONNX" "truncated.onnx $damaged" "$@" truncated.onnx
  refused "$2: no ONNX" "random.onnx $damaged" "$@" random.onnx
  refused "$2: missing ONNX" 'cannot open absent.onnx: No such file or directory' "$@" absent.onnx
  match "$2: unsupported node is named" 1 '^eddy: .*Foo' "$@" unsupported.onnx
  refused "$2: too large" "the model needs 45675 columns of weights, preset sim-small has \
16384: 29291 too many; use a smaller model or a larger preset" "$@" large.onnx
  refused "$2: unknown preset" "no preset 'huge'; eddy devices lists them" "$@" m.onnx --preset huge
  refused "$2: no such weights" 'no preset has 9-bit weights; use --weight-bits 8 or 16: weights that learnt with fewer (eddy train --weight-bits) keep them there' \
    "$@" m.onnx --weight-bits 9
done
refused 'compile: what the device lacks' "layer 1 (node 'gru'): attribute 'clip': the device does not limit the \
arguments of activations; train without clip, or run it on float:" eddy compile -o out golden/onnx/gru_clip.onnx
refused 'compile: calibration data of two columns' 'two.csv has 2 columns, the model takes 1; give data with 1' \
  eddy compile m.onnx -o out --calibrate two.csv
refused 'compile: calibration data with NaN' 'nan.csv: line 3, column 1: nan is not a finite float32; replace it first' \
  eddy compile m.onnx -o out --calibrate nan.csv
expect 'compile: unwritable output' 1 'eddy: cannot write nowhere/out: No such file or directory' \
  eddy compile m.onnx -o nowhere/out

not_image='is not an .eddy image; make one with eddy compile'
refused 'run: an ONNX file' "m.onnx $not_image" eddy run m.onnx -i wave.csv -o out
match 'run: truncated image' 1 '^eddy: truncated.eddy ' eddy run truncated.eddy -i wave.csv -o out
holds 'run: truncated image makes no output' test ! -e out
refused 'run: wrong column count' 'two.csv has 2 columns, the model takes 1; give data with 1' \
  eddy run m.eddy -i two.csv -o out
refused 'run: NaN' 'nan.csv: line 3, column 1: nan is not a finite float32; replace it first' \
  eddy run m.eddy -i nan.csv -o out
refused 'run: infinity' 'infinite.csv: line 2, column 1: -inf is not a finite float32; replace it first' \
  eddy run m.eddy -i infinite.csv -o out
refused 'run: a word' "word.csv: line 2, column 1: 'seven' is not a number" eddy run m.eddy -i word.csv -o out
refused 'run: empty file' 'empty.csv is empty: no line of numbers' eddy run m.eddy -i empty.csv -o out
refused 'run: missing file' 'cannot open absent.csv: No such file or directory' \
  eddy run m.eddy -i absent.csv -o out
expect 'run: unwritable output' 1 'eddy: cannot write nowhere/out.csv: No such file or directory' \
  eddy run m.eddy -i wave.csv -o nowhere/out.csv
pipe() { # TEXT COMMAND...
  local text=$1
  shift
  printf '%b' "$text" | "$@"
}
expect 'pipe: empty' 1 'eddy: the input is empty; give at least one row (columns: 1)' pipe '' eddy run m.eddy
expect 'pipe: two columns' 1 'eddy: standard input: line 1 has 2 columns, the model reads 1' \
  pipe '1,2\n' eddy run m.eddy
rows=$(pipe '0.1\n0.2\n' eddy run m.eddy)
expect 'pipe: rows before a bad one are answered' 1 "$rows
eddy: standard input: line 3, column 1: nan is not a finite float32; replace it first" \
  pipe '0.1\n0.2\nnan\n0.3\n' eddy run m.eddy
full() { eddy run m.eddy -i wave.csv > /dev/full; }
expect 'run: no room for the output' 1 \
  'eddy: cannot write to the standard output: No space left on device' full

expect 'device: unknown' 1 "eddy: no device 'fpga'; use cpu:, sim:, usb: or xrt:, eddy devices lists them" \
  eddy run m.eddy -i wave.csv --device fpga
expect 'device: unknown option' 1 \
  "eddy: device URI: no option 'speed'; there are preset, stall, seed, trace, serial, timeout, wait, xclbin, bdf and hash=any" \
  eddy run m.eddy -i wave.csv --device sim:speed=9
match 'device: another preset' 1 '^eddy: the program was compiled for preset sim-small, the device is sim-small-w8' \
  eddy run m.eddy -i wave.csv --device cpu:preset=sim-small-w8

match 'train: no JSON' 1 '^eddy: wave.csv:1:[0-9]+: not JSON' eddy train wave.csv -o out
sed 's/"rnn"/"fastrnn"/' spec.json > fastrnn.json
match 'train: unknown cell' 1 '^eddy: fastrnn.json: model.layers\[0\].cell: choose one of: dense, rnn' \
  eddy train fastrnn.json -o out
match 'train: missing data' 1 '^eddy: cannot open absent.csv: No such file' \
  eddy train spec.json --data absent.csv -o out
match 'train: data with NaN' 1 '^eddy: nan.csv: line 3, column 1' eddy train spec.json --data nan.csv -o out
holds 'train: no output is made' test ! -e out
