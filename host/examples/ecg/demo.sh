#!/bin/sh
# demo.sh BUILD -- a network learns an electrocardiogram and then predicts it on the simulated hardware, sample
# by sample. BUILD is the build directory; results go to BUILD/demo.
#
# Data: MIT-BIH Arrhythmia Database, record 208, five minutes at 360 Hz (PhysioNet, Open Data Commons
# Attribution License 1.0), as shipped with SciPy (package python3-scipy).
set -eu
build=$1
here=$(dirname "$0")
out=$build/demo
eddy=$build/bin/eddy
spec=$here/ecg.json
data=$(dpkg -L python3-scipy | grep '/ecg\.dat$')
millivolt='--name ecg --scale 0.005 --offset -5.12' # (count - 1024) / 200
training='--rows 86400'                            # the first 80 %
mkdir -p "$out"

echo 'Electrocardiogram: MIT-BIH Arrhythmia Database, record 208 (PhysioNet, ODC-BY 1.0), from SciPy'
echo "Training a recurrent network of 32 tanh units on the first 80 % ..."
"$eddy" train "$spec" --data "$data" -o "$out/ecg.onnx" --plot "$out/loss.png"
for bits in 16 8; do
  echo "Compiling it with $bits-bit weights ..."
  # shellcheck disable=SC2086 # several options each
  "$eddy" compile "$out/ecg.onnx" --weight-bits $bits --calibrate "$data" $millivolt $training \
    -o "$out/ecg-$bits.eddy"
done
echo 'Streaming the rest through the simulated hardware (sim:) and the native engine (cpu:) ...'
clock_ns=$(jq .clock_ns "$build/rtl/0/datapath.json")
"$build/bin/examples/ecg" "$spec" "$data" "$out/ecg.onnx" "$out/ecg-16.eddy" "$out/ecg-8.eddy" \
  "$clock_ns" "$out/ecg.csv"
gnuplot -e "data='$out/ecg.csv'; image='$out/ecg.png'" "$here/plot.gp"
printf '\nPlots: %s (signal, prediction, error), %s (training)\n' "$out/ecg.png" "$out/loss.png"
