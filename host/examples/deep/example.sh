# shellcheck shell=bash disable=SC2154
# Depth: the films of the ball with 1, 2 and 4 layers of GRU.
films=$(size 2000 200)
frames=40
awk -v films="$films" -v frames=$frames -v seed=3 -f "$examples/random.awk" -f "$examples/ball/data.awk" < /dev/null |
  cut -d, -f1,2 > data.csv
tail -n $((films * frames / 5)) data.csv > test.csv
awk -F, -v n=$frames '(NR - 1) % n > 2' test.csv > targets.csv
# following FILE: the guesses at the frames from the fourth on.
following() {
  awk -v n=$frames '(NR - 1) % n > 1 && NR % n > 0' "$1"
}
awk -F, '{ print 2 * $1 - x "," 2 * $2 - y; x = $1; y = $2 }' test.csv > same.csv
last=$(following test.csv | rmse targets.csv -)
same=$(following same.csv | rmse targets.csv -)
for layers in 1 2 4; do
  learn gru$layers data.csv "$(size 3000 200)" ".model.layers = [range($layers) | {cell: \"gru\", units: 16}] + [.model.layers[-1]]"
  device gru$layers test.csv $frames "$(size 1000 400)"
  for where in float device; do
    following gru$layers.$where.csv | rmse targets.csv - > gru$layers.$where
  done
  echo "$layers $(cat gru$layers.float) $(cat gru$layers.device) $(cycles "gru$layers.cost")" | tee -a layers.dat | sed 's/^/  layers, float, device, cycles: /'
  near_error "$(cat gru$layers.float)" "$(cat gru$layers.device)"
  holds "$layers layers: less error than the last position" below "$(cat gru$layers.device)" "$last"
  row "ball, $layers layers" 'deep' "gru 16 × $layers" "$same" "$(cat gru$layers.float)" "$(cat gru$layers.device)" gru$layers
done
if [ ! "$quick" ]; then
  holds 'less error than the same motion again' below "$(cat gru1.device)" "$same"
  holds 'two layers are better than one' below "$(cat gru2.device)" "$(cat gru1.device)"
  plot
fi
