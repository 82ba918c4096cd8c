# shellcheck shell=bash disable=SC2154
# English to French: one network reads the sentence, another writes the answer, its words fed back on the device.
pairs=$(size 3000 1500)
steps=5
longest=10
generate data.awk pairs="$pairs" steps=$steps seed=9 vocabulary=french.txt texts=texts.txt > data.csv
words=$(wc -l < french.txt)
jq ".model.decoder[-1].units = $words" "$here/spec.json" > gru.json
"$eddy" train gru.json --data data.csv -o encoder.onnx --decoder decoder.onnx --batches "$(size 3000 700)" --quiet
image pair encoder.onnx --decoder decoder.onnx

awk -F, -v first=$((pairs * 4 / 5)) '$1 >= first' data.csv > test.csv
awk -F, '$2 == 0 { print $3 }' test.csv > sources.csv
# answers: numbers, one a line, to sentences; one ends with the word 1, or is as long as it may be.
answers() {
  awk -v longest=$longest 'NR == FNR { word[FNR - 1] = $0; next }
    $1 != 1 { line = line (line == "" ? "" : " ") word[$1]; n++ }
    $1 == 1 || n == longest { print line; line = ""; n = 0 }' french.txt "$1"
}
tail -n +$((pairs * 4 / 5 + 1)) texts.txt | tee asked.txt | cut -d'|' -f2 > right.txt
translate() { # DEVICE ROWS MODEL...
  local where=$1 rows=$2
  shift 2
  "$eddy" run "$@" --device "$where:" --input sources.csv --rows "$rows" --reset-each $steps --generate $longest --start 0 \
    --stop 1 -o "$where.csv" --quiet
  answers "$where.csv" > "$where.txt"
}
all=$(wc -l < sources.csv)
translate float "$all" encoder.onnx --decoder decoder.onnx
translate cpu "$all" pair.eddy
translate sim $((40 * steps)) pair.eddy
holds "sim: writes what cpu: writes, 40 sentences" cmp sim.txt <(head -n 40 cpu.txt)
other_devices pair --input sources.csv --rows $((4 * steps)) --reset-each $steps \
  --generate $longest --start 0 --stop 1
whole() { # ANSWERS: how many are right to the last word, in %
  paste -d'|' right.txt "$1" | awk -F'|' '{ right += $1 == $2 } END { printf "%.1f\n", 100 * right / NR }'
}
# Without a network: the answer to the sentence of the training part that has the most words in the same place.
awk -F, -v first=$((pairs * 4 / 5)) -v n=$steps 'function near(  k, s, best, same, best_same) {
    best_same = -1
    for (s = 0; s < seen; s++) {
      same = 0
      for (k = 0; k < n; k++) same += source[s, k] == now[k]
      if (same > best_same) { best_same = same; best = s }
    }
    return best
  }
  $2 == 0 { if ($1 != pair) { pair = $1; k = 0; begun = 0 } now[k++] = $3
    if (k == n && $1 < first) { id = ""; for (j = 0; j < n; j++) id = id " " now[j]
      is_new = !(id in known); known[id] = 1
      if (is_new) { for (j = 0; j < n; j++) source[seen, j] = now[j]; seen++ } }
    if (k == n && $1 >= first) printf "%s", answer[near()] }
  $2 == 1 && begun && $1 < first && is_new { answer[seen - 1] = answer[seen - 1] $3 "\n" }
  $2 == 1 { begun = 1 }' data.csv > lookup.csv
answers lookup.csv > lookup.txt
lookup=$(whole lookup.txt) float=$(whole float.txt) fixed=$(whole cpu.txt)
echo "  whole answers right: nearest known sentence $lookup %, float $float %, device $fixed %"
holds 'more right than the nearest known sentence' above "$fixed" "$lookup"
near_points "$float" "$fixed"
row 'English to French, whole sentences' 'encoder and decoder' 'embedding 16, gru 48, twice' "$lookup %" "$float %" "$fixed %" pair
paste -d'|' asked.txt cpu.txt | sort -u | sed "s/l' /l'/g" > said.txt
awk -F'|' '{ print ($2 == $3 ? "  right: " : "  WRONG: ") $1 ": " $3 }' said.txt | grep -m 4 'milk\|wine\|water' || :
grep '^\(i\|she\|we\|they\) .*\(milk\|water\|beer\|oil\)' said.txt | awk -F'|' 'NR % 3 == 1 && n++ < 9' > shown.txt
[ "$quick" ] || plot
