# shellcheck shell=bash disable=SC2154
# A package's short description to its section, from apt's own lists; against counts of its words.
steps=10
if [ "$quick" ]; then # descriptions like these, made
  generate made.awk lines=1500 seed=6
else
  apt-cache dumpavail | awk -f "$here/packages.awk" | sort
fi > all.txt
lines=$(($(wc -l < all.txt) / 5 * 5))
[ "$lines" -gt 1000 ] || { echo 'apt has no lists of packages; get them with apt-get update' >&2; exit 1; }
awk -v lines=$lines 'NR <= lines' all.txt > lines.txt
awk -v steps=$steps -v lines=$lines -v bags=bags.csv -f "$here/data.awk" lines.txt lines.txt > data.csv
held_out data.csv $((lines * steps / 5)) $steps
learn gru data.csv "$(size 1500 300)"
learn bag bags.csv "$(size 4000 300)" 'del(.data.sequence_rows) | .training += {warmup_steps: 0, steps: 1, weight_bits: 0, dropout: 0} |
  .model.layers = [.model.layers[-1]]'
tail -n $((lines / 5)) bags.csv | sed 's/,[0-9]*$//' > bags.input.csv
"$eddy" run bag.onnx --device float: --input bags.input.csv -o bag.csv --quiet
device gru input.csv $steps 2000
classes gru $steps
majority=$(awk '{ n[$1]++ } END { for (c in n) if (n[c] > most) most = n[c]; printf "%.1f\n", 100 * most / NR }' labels.csv)
bag=$(accuracy labels.csv bag.csv)
echo "  $lines descriptions; right: most frequent $majority %, counts of words $bag %, float $float %, device $fixed %"
holds 'more right than the most frequent section' above "$fixed" "$majority"
[ "$quick" ] || holds 'more right than counts of the words' above "$fixed" "$bag"
near_points "$float" "$fixed"
row 'description to section' 'many to one' 'embedding 24, gru 32' "$bag %" "$float %" "$fixed %" gru
paste -d, labels.csv gru.device.last.csv | awk -F, '{ best = 2; for (k = 3; k <= NF; k++) if ($k > $best) best = k
  n[$1, best - 2]++; all[$1]++ } END { for (a = 0; a < 8; a++) { for (b = 0; b < 8; b++) printf "%.1f ", 100 * n[a, b] / all[a]; print "" } }' > confusion.dat
[ "$quick" ] || plot
