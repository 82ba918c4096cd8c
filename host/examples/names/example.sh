# shellcheck shell=bash disable=SC2154
# The French names of countries, letter by letter, learnt by heart: one network reads the English name, another writes the
# French one, its letters fed back on the device. Against the English name as it is.
steps=12
longest=17
/usr/bin/python3 "$here/data.py" "$(size all few)" $steps
letters=$(wc -l < letters.txt)
jq ".model.decoder[-1].units = $letters" "$here/spec.json" > gru.json
"$eddy" train gru.json --data data.csv -o encoder.onnx --decoder decoder.onnx --batches "$(size 3000 300)" --quiet
image pair encoder.onnx --decoder decoder.onnx
awk -F, '$2 == 0 { print $3 }' data.csv > sources.csv
cut -d'|' -f2 names.txt > right.txt
translate() { # DEVICE ROWS MODEL...
  local where=$1 rows=$2
  shift 2
  "$eddy" run "$@" --device "$where:" --input sources.csv --rows "$rows" --reset-each $steps --generate $longest --start 0 \
    --stop 1 -o "$where.csv" --quiet
  awk -v longest=$longest 'NR == FNR { letter[FNR - 1] = $0; next }
    $1 != 1 { line = line letter[$1]; n++ }
    $1 == 1 || n == longest { print line; line = ""; n = 0 }' letters.txt "$where.csv" > "$where.txt"
}
all=$(wc -l < sources.csv)
translate float "$all" encoder.onnx --decoder decoder.onnx
translate cpu "$all" pair.eddy
translate sim $((20 * steps)) pair.eddy
holds "sim: writes what cpu: writes, 20 names" cmp sim.txt <(head -n 20 cpu.txt)
other_devices pair --input sources.csv --rows $((4 * steps)) --reset-each $steps --generate $longest --start 0 --stop 1
whole() { # ANSWERS: how many are right to the last letter, in %
  paste -d'|' right.txt "$1" | awk -F'|' '{ right += $1 == $2 } END { printf "%.1f\n", 100 * right / NR }'
}
same=$(cut -d'|' -f1 names.txt | whole -) float=$(whole float.txt) fixed=$(whole cpu.txt)
echo "  $(wc -l < names.txt) names; right: as in English $same %, float $float %, device $fixed %"
holds 'more right than as in English' above "$fixed" "$same"
near_points "$float" "$fixed"
row 'English to French, names of countries' 'encoder and decoder' 'embedding 12, gru 64, twice' "$same %" "$float %" "$fixed %" pair
paste -d'|' names.txt cpu.txt | awk -F'|' '$1 != $2 && n++ % 7 == 3 && shown++ < 12 { print $1 "|" $2 "|" $3 }' > shown.txt
[ "$quick" ] || plot
