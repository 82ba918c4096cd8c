# shellcheck shell=bash disable=SC2154
# A sentence to what is wanted, word by word; against a network that sees which words there are, but not their order.
sentences=$(size 5000 1500)
steps=14
generate data.awk sentences="$sentences" steps=$steps seed=11 > data.csv
held_out data.csv $((sentences * steps / 5)) $steps
learn gru data.csv "$(size 2000 500)"

# Each sentence as counts of its words, and the intent.
words=$(awk -F, '$1 > n { n = $1 } END { print n }' data.csv)
awk -F, -v n=$steps -v words="$words" '{ count[$1]++ } NR % n == 0 { line = ""
  for (k = 1; k <= words; k++) line = line count[k] + 0 ","; print line $2; split("", count) }' data.csv > bags.csv
learn bag bags.csv "$(size 2000 500)" 'del(.data.sequence_rows) | .training.warmup_steps = 0 | .training.steps = 1 |
  .model.layers = [{cell: "dense", units: 24, activation: "tanh"}, {cell: "dense", units: 9}]'
tail -n $((sentences / 5)) bags.csv | sed 's/,[0-9]*$//' > bags.input.csv
"$eddy" run bag.onnx --device float: --input bags.input.csv -o bag.csv --quiet
device gru input.csv $steps 2100
classes gru $steps
bag=$(accuracy labels.csv bag.csv)
printf '  held-out phrasings: words without order %s %%, float %s %%, device %s %%\n' "$bag" "$float" "$fixed"
holds 'more right than without the order of the words' above "$fixed" "$bag"
near_points "$float" "$fixed"
row 'sentence to intent' 'sequence to vector' 'embedding 12, gru 24' "$bag %" "$float %" "$fixed %" gru

# The same words in another order.
printf '%s\n' 'is the light in the hall on' 'the light in the hall is on' \
  'move ten from savings to checking' 'move ten from checking to savings' > asked.txt
generate data.awk steps=$steps ask=asked.txt > asked.csv
"$eddy" run gru.eddy --device sim: --input asked.csv --reset-each $steps -o said.csv --quiet
awk -F, -v n=$steps 'NR % n == 0 { best = 1; for (k = 2; k <= NF; k++) if ($k > $best) best = k; print best - 1 }' said.csv > said.txt
paste -d: said.txt asked.txt | sed 's/^/  intent /; s/:/: /'
holds 'another order of the same words, another intent' [ "$(tr -d '\n' < said.txt)" = 5678 ]
if [ ! "$quick" ]; then
  awk -v n=$steps 'NR == FNR { text[NR - 1] = $0; next } { s = int((FNR - 1) / n); t = (FNR - 1) % n; m = split(text[s], word, " ")
    if (t >= n - m) print word[t - n + m + 1] "," $0 > "words" s ".csv" }' asked.txt said.csv
  plot
fi
