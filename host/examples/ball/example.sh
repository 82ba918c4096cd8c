# shellcheck shell=bash disable=SC2154
# The next position of a ball: the network against the last position, the same motion again, and a network without memory.
films=$(size 2000 300)
frames=40
generate data.awk films="$films" frames=$frames seed=3 | cut -d, -f1,2 > data.csv
tail -n $((films * frames / 5)) data.csv > test.csv
learn gru data.csv "$(size 3000 300)"
learn dense data.csv "$(size 1500 150)" '.model.layers[0] = {cell: "dense", units: 32, activation: "tanh"}'
device gru test.csv $frames 2000
"$eddy" run dense.onnx --device float: --input test.csv -o dense.csv --quiet

# Of each film, what follows the frames from the third on; what the last position and the same motion again say of it.
paste -d, test.csv gru.float.csv gru.device.csv dense.csv | awk -F, -v n=$frames '{ t = (NR - 1) % n
  if (t > 2) print $1 "," $2 > "targets.csv"
  if (t > 2) for (k = 0; k < 5; k++) print p[2 * k] "," p[2 * k + 1] > "prediction" k ".csv"
  for (k = 0; k < 4; k++) { p[2 * k] = $(2 * k + 1); p[2 * k + 1] = $(2 * k + 2) }
  p[8] = 2 * $1 - x; p[9] = 2 * $2 - y; x = $1; y = $2 }'
for k in 0 1 2 3 4; do
  rmse targets.csv "prediction$k.csv" > "rmse$k"
done
printf '  error: last position %s, same motion %s, without memory %s, float %s, device %s\n' \
  "$(cat rmse0)" "$(cat rmse4)" "$(cat rmse3)" "$(cat rmse1)" "$(cat rmse2)"
holds 'less error than the last position' below "$(cat rmse2)" "$(cat rmse0)"
holds 'less error than without memory' below "$(cat rmse2)" "$(cat rmse3)"
holds 'less error than the same motion again' below "$(cat rmse2)" "$(cat rmse4)"
near_error "$(cat rmse1)" "$(cat rmse2)"
row 'ball, next position' 'many to many' 'gru 32' "$(cat rmse4)" "$(cat rmse1)" "$(cat rmse2)" gru
[ "$quick" ] || plot
