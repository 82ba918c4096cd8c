#!/bin/sh
# fashion.sh BUILD [SEED...] -- sequential Fashion-MNIST: an image is a sequence of 28 rows of 28 pixels, which a GRU of 64
# units reads and then says what it is. A table in Markdown: test accuracy in per cent of the float model, of the same on
# the device (cpu:, whose bits are those of sim:) with 8-bit weights, and of models that learnt with weights of 8 and of
# 4 bits. Results go to BUILD/fashion.
#
# Data: Fashion-MNIST (Zalando Research, MIT licence), package dataset-fashion-mnist.
set -eu
build=$1
shift
[ $# -gt 0 ] || set -- 1
here=$(dirname "$0")
out=$build/fashion
eddy=$build/bin/eddy
mkdir -p "$out"
[ -e "$out/classes.npy" ] || /usr/bin/python3 "$here/prepare.py" /usr/share/datasets/fashion-mnist "$out"

# accuracy MODEL DEVICE
accuracy() {
  "$eddy" run "$1" --device "$2" --reset-each 28 --input "$out/test.npy" -o "$out/y.npy" --quiet
  /usr/bin/python3 "$here/accuracy.py" "$out/y.npy" "$out/classes.npy"
}

# on_device MODEL.onnx: with 8-bit weights, formats chosen by 100 images of the training part.
on_device() {
  "$eddy" compile "$1" --weight-bits 8 --calibrate "$out/calibration.npy" -o "$out/image.eddy" --quiet
  accuracy "$out/image.eddy" cpu:
}

/usr/bin/python3 -c "import numpy; numpy.save('$out/calibration.npy', numpy.load('$out/fashion.npy', 'r')[:2800, :28])"
echo '| seed | seconds | float | 8-bit | learnt with 8 bits | learnt with 4 bits |'
echo '|---:|---:|---:|---:|---:|---:|'
for seed in "$@"; do
  begin=$(date +%s)
  "$eddy" train "$here/fashion.json" --data "$out/fashion.npy" --seed "$seed" -o "$out/float.onnx" --quiet
  seconds=$(($(date +%s) - begin))
  row="| $seed | $seconds | $(accuracy "$out/float.onnx" float:) | $(on_device "$out/float.onnx") |"
  for bits in 8 4; do
    sed "s/\"epochs\"/\"weight_bits\": $bits, \"fixed_point\": true, \"round_from\": 0.5, \"epochs\"/" "$here/fashion.json" > "$out/$bits.json"
    "$eddy" train "$out/$bits.json" --data "$out/fashion.npy" --seed "$seed" -o "$out/$bits.onnx" --quiet
    row="$row $(on_device "$out/$bits.onnx") |"
  done
  echo "$row"
done
