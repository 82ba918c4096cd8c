# shellcheck shell=bash disable=SC2154
# Tomorrow's highest temperature in Seattle, day by day; four real years, the last one tests.
if [ "$quick" ]; then # a year like another one, made: the real ones are in a package that only the full form installs
  generate made.awk days=1100 seed=2
else
  awk -f "$here/data.awk" "$(dpkg -L python3-vega-datasets | grep '/seattle-weather\.csv$')"
fi > data.csv
days=$(($(wc -l < data.csv) / 4))
tail -n $days data.csv > test.csv
cut -d, -f1-6 test.csv > input.csv
cut -d, -f7 test.csv > tomorrow.csv
learn gru data.csv "$(size 800 200)"
device gru input.csv 0 "$days"

# linear DAYS: a linear model of so many days, by the same training without a cell.
linear() {
  awk -F, -v n="$1" '{ for (k = n; k > 1; k--) past[k] = past[k - 1]; past[1] = $1 "," $2 "," $3 "," $4 "," $5 "," $6
    line = ""; for (k = 1; k <= n; k++) line = line (past[k] == "" ? past[1] : past[k]) ","; print line $7 }' data.csv > "days$1.csv"
  learn "linear$1" "days$1.csv" "$(size 3000 1000)" ".data.inputs = [range(6 * $1)] | .data.targets = [6 * $1] |
    .model.layers = [.model.layers[1]] | .training += {steps: 1, warmup_steps: 0, weight_decay: 0, weight_bits: 0}"
  tail -n $days "days$1.csv" | sed 's/,[^,]*$//' > "input$1.csv"
  "$eddy" run "linear$1.onnx" --device float: --input "input$1.csv" -o "linear$1.csv" --quiet
  rmse tomorrow.csv "linear$1.csv"
}
last=$(cut -d, -f3 test.csv | rmse tomorrow.csv -)
one=$(linear 1) week=$(linear 7)
float=$(rmse tomorrow.csv gru.float.csv) fixed=$(rmse tomorrow.csv gru.device.csv)
echo "  error in °C: as today $last, linear of a day $one, of a week $week, float $float, device $fixed"
holds 'less error than "as today"' below "$fixed" "$last"
[ "$quick" ] || holds 'less error than a linear model of a day' below "$fixed" "$one"
near_error "$float" "$fixed"
row "tomorrow's temperature, °C" 'sequence to next value' 'gru 8' "$(printf '%s\n' "$one" "$week" | sort -n | awk 'NR == 1')" "$float" "$fixed" gru
paste -d, tomorrow.csv gru.device.csv > year.csv
[ "$quick" ] || plot
