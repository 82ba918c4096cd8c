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
tail -n $((lines * steps / 5)) data.csv > test.csv
cut -d, -f1 test.csv > input.csv
cut -d, -f2 test.csv | awk -v n=$steps 'NR % n == 0' > labels.csv
learn gru data.csv "$(size 1500 300)"
learn bag bags.csv "$(size 4000 300)" 'del(.data.sequence_rows) | .training += {warmup_steps: 0, steps: 1, weight_bits: 0, dropout: 0} |
  .model.layers = [.model.layers[-1]]'
tail -n $((lines / 5)) bags.csv | sed 's/,[0-9]*$//' > bags.input.csv
"$eddy" run bag.onnx --device float: --input bags.input.csv -o bag.csv --quiet
device gru input.csv $steps 2000
for where in float device; do
  awk -v n=$steps 'NR % n == 0' gru.$where.csv > gru.$where.last.csv
done
majority=$(awk '{ n[$1]++ } END { for (c in n) if (n[c] > most) most = n[c]; printf "%.1f\n", 100 * most / NR }' labels.csv)
bag=$(accuracy labels.csv bag.csv) float=$(accuracy labels.csv gru.float.last.csv) fixed=$(accuracy labels.csv gru.device.last.csv)
echo "  $lines descriptions; right: most frequent $majority %, counts of words $bag %, float $float %, device $fixed %"
holds 'more right than the most frequent section' above "$fixed" "$majority"
near_points "$float" "$fixed"
row 'description to section' 'many to one' 'embedding 24, gru 32' "$bag %" "$float %" "$fixed %" gru
paste -d, labels.csv gru.device.last.csv | awk -F, '{ best = 2; for (k = 3; k <= NF; k++) if ($k > $best) best = k
  n[$1, best - 2]++; all[$1]++ } END { for (a = 0; a < 8; a++) { for (b = 0; b < 8; b++) printf "%.1f ", 100 * n[a, b] / all[a]; print "" } }' > confusion.dat
[ "$quick" ] || plot
