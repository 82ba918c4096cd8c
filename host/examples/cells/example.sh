# shellcheck shell=bash disable=SC2154
# The next sample of an electrocardiogram, by every cell of the engine; against the sample before and an autoregression.
# Data: MIT-BIH Arrhythmia Database, record 208, five minutes at 360 Hz (PhysioNet, ODC-BY 1.0), as shipped with SciPy.
read -r last linear < <(/usr/bin/python3 "$here/data.py" "$(dpkg -L python3-scipy | grep '/ecg\.dat$')" "$(size 0 10000)")
samples=$(wc -l < data.csv)
tail -n $((samples / 5)) data.csv > input.csv
tail -n +2 input.csv > next.csv
echo "  error in mV: as the sample before $last, autoregression over 32 samples $linear"
one() { # NAME FILTER: a cell
  learn "$1" data.csv "$(size 2500 200)" ".model.layers[0] = ({units: 24} + $2)"
  device "$1" input.csv 0 "$(size 2000 500)"
  local float fixed
  float=$(head -n -1 "$1.float.csv" | rmse next.csv -) fixed=$(head -n -1 "$1.device.csv" | rmse next.csv -)
  echo "  $1: float $float, device $fixed"
  holds "$1: less error than the sample before" below "$fixed" "$last"
  [ "$quick" ] || holds "$1: less error than the autoregression" below "$fixed" "$linear"
  near_error "$float" "$fixed"
  row 'electrocardiogram, mV' 'sequence to next value' "$1 24" "$linear" "$float" "$fixed" "$1"
  echo "$1,$float,$fixed,$(cycles "$1.cost")" >> cells.csv
}
one rnn '{cell: "rnn"}'
one gru '{cell: "gru"}'
one gru-reset-after '{cell: "gru", linear_before_reset: true}'
one lstm '{cell: "lstm"}'
one lstm-peephole '{cell: "lstm", peephole: true}'
printf '%s\n' "autoregression,$linear" > baselines.csv
[ "$quick" ] || plot
