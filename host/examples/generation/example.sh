# shellcheck shell=bash disable=SC2154
# The next character of a text, in bits; then the network writes by itself, each character fed back on the device.
licenses=/usr/share/common-licenses
cat "$licenses"/{GPL-2,LGPL-2.1,GPL-3,MPL-2.0,GFDL-1.3} | awk -f "$examples/characters.awk" |
  awk -v n="$(size 1000000 20000)" 'NR <= n' > data.csv
rows=$(($(wc -l < data.csv) / 10))
head -n -$rows data.csv > read.csv
tail -n $rows data.csv > test.csv
learn gru data.csv "$(size 2000 200)"
device gru test.csv 0 "$(size 1000 200)"
# bits OUTPUTS: per character.
bits() {
  tail -n +2 test.csv | paste -d, - "$1" | awk -F, 'NF == 30 && $1 != "" { sum = 0; for (k = 2; k <= NF; k++) sum += exp($k)
    bits += (log(sum) - $($1 + 2)) / log(2); n++ } END { printf "%.3f\n", bits / n }'
}
for order in 0 1 2 3 4; do
  awk -v order=$order -v characters=29 -f "$here/ngram.awk" read.csv test.csv > "ngram$order"
  echo "  bits per character, $order characters before: $(cat ngram$order)"
done
float=$(bits gru.float.csv) fixed=$(bits gru.device.csv)
echo "  bits per character, float $float, device $fixed"
holds 'fewer bits than from one character before' below "$fixed" "$(cat ngram1)"
near_error "$float" "$fixed"

# It begins with these words and goes on by itself.
echo 'you may convey a ' | awk -f "$examples/characters.awk" > begin.csv
image writer gru.onnx --calibrate test.csv --feedback --largest
for where in cpu sim; do
  "$eddy" run writer.eddy --device $where: --input begin.csv --generate "$(size 300 100)" -o written.$where.csv --quiet
done
holds 'sim: writes what cpu: writes' cmp written.cpu.csv written.sim.csv
other_devices writer --input begin.csv --generate 40
cat begin.csv written.sim.csv | awk '{ printf "%s", substr(" abcdefghijklmnopqrstuvwxyz,.", $1 + 1, 1) }' | fold -s -w 100 | sed 's/^/  | /'
echo
row 'next character, bits' 'generation, fed back' 'embedding 16, gru 96' "$(sort -n ngram? | awk 'NR == 1')" "$float" "$fixed" gru
for order in 0 1 2 3 4; do
  echo "$order before:$(cat ngram$order)"
done > bits.csv
printf '%s\n' "GRU, float:$float" "GRU, device:$fixed" >> bits.csv
[ "$quick" ] || plot
