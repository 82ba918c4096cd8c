# shellcheck shell=bash disable=SC2154
# Each frame of the ball's films gets a label as it comes: did the ball hit a cushion since the frame before?
films=$(size 2000 300)
frames=40
awk -v films="$films" -v frames=$frames -v seed=5 -f "$examples/random.awk" -f "$examples/ball/data.awk" < /dev/null > data.csv
tail -n $((films * frames / 5)) data.csv > test.csv
cut -d, -f1,2 test.csv > input.csv
cut -d, -f3 test.csv > labels.csv
learn gru data.csv "$(size 3000 600)"
learn dense data.csv "$(size 1500 150)" '.model.layers[0] = {cell: "dense", units: 24, activation: "tanh"}'
device gru input.csv $frames 2000
"$eddy" run dense.onnx --device float: --input input.csv -o dense.csv --quiet

# f1 OUTPUTS: harmonic mean of precision and recall of the hits, in %.
f1() {
  paste -d, labels.csv "$1" | awk -F, '{ said = $3 > $2; both += said && $1; all += said + $1 }
    END { printf "%.1f\n", all ? 200 * both / all : 0 }'
}
never=$(awk '{ n += !$1 } END { printf "%.1f\n", 100 * n / NR }' labels.csv)
dense=$(accuracy labels.csv dense.csv) float=$(accuracy labels.csv gru.float.csv) fixed=$(accuracy labels.csv gru.device.csv)
printf '  right frames: never a hit %s %%, without memory %s %%, float %s %%, device %s %%\n' "$never" "$dense" "$float" "$fixed"
printf '  F1 of the hits: without memory %s %%, float %s %%, device %s %%\n' "$(f1 dense.csv)" "$(f1 gru.float.csv)" "$(f1 gru.device.csv)"
holds 'more right than without memory' above "$fixed" "$dense"
holds 'more right than "never"' above "$fixed" "$never"
holds 'finds hits better than without memory' above "$(f1 gru.device.csv)" "$(f1 dense.csv)"
near_points "$float" "$fixed"
row 'ball, hit or not' 'many to many, frame by frame' 'gru 24' "$dense %" "$float %" "$fixed %" gru
paste -d, test.csv gru.device.csv > film.csv
[ "$quick" ] || plot
