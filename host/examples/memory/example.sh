# shellcheck shell=bash disable=SC2154
# How far back each cell remembers: networks that are trained for one distance each, three of them with different seeds.
sequences=$(size 4000 500)
tested=$((sequences / 5))
for steps in $(size '5 10 20 30 40 60 80' 10); do
  generate data.awk sequences="$sequences" steps="$steps" seed=7 > data.csv
  held_out data.csv $((tested * steps)) "$steps"
  for cell in rnn gru lstm; do
    for seed in $(size '1 2 3' 1); do
      learn $cell data.csv "$(size 2000 150)" ".data.sequence_rows = $steps | .training.warmup_steps = $steps - 1 |
        .training.seed = $seed | .model.layers[0].cell = \"$cell\""
      device $cell input.csv "$steps" 400
      classes $cell "$steps"
      near_points "$float" "$fixed"
      echo "$steps $float $fixed" >> $cell.all
    done
    awk -v n="$steps" '$1 == n { float += $2; device += $3; seeds++ }
      END { printf "%d %.1f %.1f\n", n, float / seeds, device / seeds }' $cell.all >> $cell.dat
    echo "  $cell, steps, float and device in %: $(tail -n 1 $cell.dat)"
  done
done
# The table has the distance of 20 steps, or the only one.
for cell in rnn gru lstm; do
  read -r steps float fixed <<< "$(awk -v n="$(size 20 10)" '$1 == n' $cell.dat)"
  holds "$cell over $steps steps: better than guessing" above "$fixed" 60
  row "memory over $steps steps" 'sequence to class' "$cell 16" '50.0 %' "$float %" "$fixed %" $cell
done
[ "$quick" ] || plot
