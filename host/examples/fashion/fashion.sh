#!/bin/sh
# fashion.sh BUILD [SEED...] -- sequential Fashion-MNIST: an image is a sequence of 28 rows of 28 pixels, which a GRU of 64
# units reads and then says what it is. A table in Markdown: test accuracy in per cent of the float model, of the same on
# the device (cpu:) with 8-bit weights, and of models that learnt with the device's numbers and weights of 8 and of 4 bits;
# then the means over the seeds and whether what is promised holds. The first 100 images run on sim:, too, to the same bits.
# Results go to BUILD/fashion.
#
# Data: Fashion-MNIST (Zalando Research, MIT licence), package dataset-fashion-mnist.
set -eu
build=$1
shift
[ $# -gt 0 ] || set -- 1
here=$(dirname "$0")
out=$build/fashion
eddy=$build/bin/eddy
some=2800 # rows: 100 images
mkdir -p "$out"
[ -e "$out/classes.npy" ] || /usr/bin/python3 "$here/prepare.py" /usr/share/datasets/fashion-mnist "$out"

# answer MODEL DEVICE OUTPUT [OPTION...]
answer() {
  model=$1 device=$2 output=$3
  shift 3
  "$eddy" run "$model" --device "$device" --reset-each 28 --input "$out/test.npy" -o "$output" --quiet "$@"
}

# accuracy MODEL DEVICE
accuracy() {
  answer "$1" "$2" "$out/y.npy"
  /usr/bin/python3 "$here/accuracy.py" "$out/y.npy" "$out/classes.npy"
}

# on_device MODEL.onnx: with 8-bit weights, formats chosen by 100 images of the training part.
on_device() {
  "$eddy" compile "$1" --weight-bits 8 --calibrate "$out/calibration.npy" --reset-each 28 -o "$out/image.eddy" --quiet
  answer "$out/image.eddy" cpu: "$out/cpu.npy" --rows $some
  answer "$out/image.eddy" sim: "$out/sim.npy" --rows $some
  cmp "$out/cpu.npy" "$out/sim.npy" >&2
  accuracy "$out/image.eddy" cpu:
}

/usr/bin/python3 -c "import numpy; numpy.save('$out/calibration.npy', numpy.load('$out/fashion.npy', 'r')[:$some, :28])"
sed 's/"epochs"/"weight_bits": 8, "fixed_point": true, "round_from": 0.5, "epochs"/' "$here/fashion.json" > "$out/learn.json"
: > "$out/rows"
echo '| seed | seconds | float | 8-bit | learnt with 8 bits | learnt with 4 bits |'
echo '|---:|---:|---:|---:|---:|---:|'
for seed in "$@"; do
  begin=$(date +%s)
  "$eddy" train "$here/fashion.json" --data "$out/fashion.npy" --seed "$seed" -o "$out/float.onnx" --quiet
  seconds=$(($(date +%s) - begin))
  row="$seed $seconds $(accuracy "$out/float.onnx" float:)"
  row="$row $(on_device "$out/float.onnx")"
  for bits in 8 4; do
    "$eddy" train "$out/learn.json" --data "$out/fashion.npy" --seed "$seed" --weight-bits $bits -o "$out/$bits.onnx" --quiet
    row="$row $(on_device "$out/$bits.onnx")"
  done
  echo "$row" >> "$out/rows"
  echo "| $row |" | sed 's/ \([0-9]\)/ | \1/2g'
done
awk -f "$here/promises.awk" "$out/rows"
echo "holds: the same bits on cpu: and sim:" # else cmp has ended it
