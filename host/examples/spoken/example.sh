# shellcheck shell=bash disable=SC2034,SC2154
# A spoken word, frame by frame as it is heard, in voices that the training never heard; against its mean spectrum.
steps=32
words=up,down,left,right,yes,no,stop,go
learnt=$(size m1,m2,m3,m4,m6,m7,f1,f2,f4,adam,belinda,boris,caleb,david,ed,gustave,Hugo,Jacky,john,linda,Marco,max m1,m3,m7,f2,f4,adam)
held_out=$(size m5,m8,f3,f5,paul,steph,quincy,grandma m5,f3)
for part in learnt held_out; do
  /usr/bin/python3 "$here/features.py" $part.csv $steps $words ${!part} "$(size en-gb,en-us en-us)" "$(size 110,150,190 130,180)" \
    "$(size 30,50,70 50)"
done
cat learnt.csv held_out.csv > data.csv
train=$(awk -v a="$(wc -l < learnt.csv)" -v n="$(wc -l < data.csv)" 'BEGIN { print a / n }')
held_out held_out.csv "$(wc -l < held_out.csv)" $steps
learn gru data.csv "$(size 2500 250)" ".data.train = $train"

# The mean of a word's frames and how long it lasts, and the word.
awk -F, -v n=$steps '{ heard += $1 > -1; for (k = 1; k <= 16; k++) sum[k] += $k }
  NR % n == 0 { line = ""; for (k = 1; k <= 16; k++) line = line sum[k] / n ","; print line heard / n "," $17; heard = 0; split("", sum) }' data.csv > means.csv
learn mean means.csv "$(size 4000 800)" "del(.data.sequence_rows) | .data.train = $train | .training += {warmup_steps: 0, steps: 1, weight_bits: 0} |
  .model.layers = [{cell: \"dense\", units: 32, activation: \"tanh\"}, {cell: \"dense\", units: 8}]"
tail -n "$(wc -l < labels.csv)" means.csv | sed 's/,[0-9]*$//' > means.input.csv
"$eddy" run mean.onnx --device float: --input means.input.csv -o mean.csv --quiet
device gru input.csv $steps 3200
classes gru $steps
mean=$(accuracy labels.csv mean.csv)
echo "  $(wc -l < labels.csv) words of voices never heard, right: mean spectrum $mean %, float $float %, device $fixed %"
holds 'more right than the mean spectrum' above "$fixed" "$mean"
near_points "$float" "$fixed"
row 'spoken word' 'sequence to vector' 'gru 32' "$mean %" "$float %" "$fixed %" gru
paste -d, held_out.csv gru.device.csv > heard.csv
if [ ! "$quick" ]; then
  for word in 6 3; do
    awk -F, -v first=$((word * steps)) -v n=$steps 'NR > first && NR <= first + n { for (k = 1; k <= 16; k++) print NR - first - 1 "," k - 1 "," $k }' held_out.csv > shown$word.csv
  done
  plot
fi
