# shellcheck shell=bash disable=SC2154
# What is in an image, written letter by letter: the image is the first input, the letters are fed back on the device. Against
# a linear classifier of the same pixels.
images=$(size 9000 900)
tests=$(size 1000 100)
longest=12
/usr/bin/python3 "$here/data.py" /usr/share/datasets/fashion-mnist "$images" "$tests"
train=$(awk -v n="$images" -v t="$tests" 'BEGIN { print 1 - t / n }')
jq ".data.train = $train" "$here/spec.json" > gru.json
"$eddy" train gru.json --data data.npy -o encoder.onnx --decoder decoder.onnx --batches "$(size 3000 500)" --quiet
image pair encoder.onnx --decoder decoder.onnx --calibrate sources.npy

# A linear classifier: the class with the largest output, by its name.
jq ".data = {file: \"pixels.npy\", task: \"class\", train: $train} | .model = {layers: [{cell: \"dense\", units: 10}]} |
  .training += {steps: 1, weight_bits: 0}" "$here/spec.json" > linear.json
"$eddy" train linear.json --data pixels.npy -o linear.onnx --batches "$(size 5000 600)" --quiet
"$eddy" run linear.onnx --device float: --input sources.npy -o linear.csv --quiet
printf '%s\n' t-shirt trouser pullover dress coat sandal shirt sneaker bag 'ankle boot' > names.txt
awk -F, 'NR == FNR { name[FNR] = $0; next } { best = 1; for (k = 2; k <= NF; k++) if ($k > $best) best = k; print name[best] }' \
  names.txt linear.csv > linear.txt

caption() { # DEVICE ROWS MODEL...
  local where=$1 rows=$2
  shift 2
  "$eddy" run "$@" --device "$where:" --input sources.npy --rows "$rows" --reset-each 1 --generate $longest --start 0 --stop 1 \
    -o "$where.csv" --quiet
  awk -v longest=$longest 'NR == FNR { letter[FNR - 1] = $0; next }
    $1 != 1 { line = line letter[$1]; n++ }
    $1 == 1 || n == longest { print line; line = ""; n = 0 }' letters.txt "$where.csv" > "$where.txt"
}
caption float "$tests" encoder.onnx --decoder decoder.onnx
caption cpu "$tests" pair.eddy
caption sim 100 pair.eddy
holds 'sim: writes what cpu: writes, 100 images' cmp sim.txt <(head -n 100 cpu.txt)
other_devices pair --input sources.npy --rows 4 --reset-each 1 \
  --generate $longest --start 0 --stop 1
whole() { # NAMES: how many are right to the last letter, in %
  paste -d'|' right.txt "$1" | awk -F'|' '{ right += $1 == $2 } END { printf "%.1f\n", 100 * right / NR }'
}
linear=$(whole linear.txt) float=$(whole float.txt) fixed=$(whole cpu.txt)
echo "  whole names right: linear classifier $linear %, float $float %, device $fixed %"
misspelt=$(sort -u cpu.txt | grep -cvxFf names.txt || :)
holds "every name is spelt right ($misspelt are not)" [ "$misspelt" -le "$(size 0 9)" ]
[ "$quick" ] || holds 'more right than a linear classifier' above "$fixed" "$linear"
near_points "$float" "$fixed"
row 'image to name, letter by letter' 'vector to sequence' 'dense 64, gru 48; embedding 12, gru 48' "$linear %" "$float %" "$fixed %" pair
[ "$quick" ] || { /usr/bin/python3 "$here/shown.py" && plot; }
