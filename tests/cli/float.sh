# shellcheck shell=bash
# The model itself in float, as the reference: the same command, the same rows.

# close NAME LIMIT A B: two files of numbers differ by at most LIMIT.
close() {
  holds "$1" sh -c "paste -d, $3 $4 | awk -F, -v limit=$2 '
    { for (i = 1; i <= NF / 2; i++) { d = \$i - \$(i + NF / 2); if (d > limit || d < -limit) bad = 1 } }
    NF == 0 || NF % 2 { bad = 1 } END { exit bad || NR == 0 }'"
}
eddy run m.onnx --device float: -i wave.csv > float.csv
eddy run m.eddy --device cpu: -i wave.csv > fixed.csv
close 'float: is what fixed point is near' 0.002 float.csv fixed.csv
holds 'float: is not fixed point' sh -c '! cmp -s float.csv fixed.csv'
for chunk in '--chunk 7' --follow '-o -'; do
  # shellcheck disable=SC2086
  eddy run m.onnx --device float: $chunk < wave.csv > got.csv
  holds "float: $chunk" cmp float.csv got.csv
done
eddy run m.onnx --device float: -i wave.csv --reset-each 100 > resets.csv
eddy run m.onnx --device float: -i wave.csv --skip 100 --rows 100 > second.csv
sed -n 101,200p resets.csv > part.csv
holds 'float: --reset-each begins anew' cmp part.csv second.csv
expect 'float: has no options' 1 "eddy: device URI: no option 'preset=sim-small'; float: has none" \
  eddy run m.onnx --device float:preset=sim-small
expect 'float: takes no image' 1 \
  'eddy: m.eddy is not an ONNX file, or is truncated or damaged; export it again' \
  eddy run m.eddy --device float:
expect 'float: wrong column count' 1 'eddy: two.csv has 2 columns, the model takes 1; give data with 1' \
  eddy run m.onnx --device float: -i two.csv
