# shellcheck shell=bash disable=SC2154
# The smallest memory: one neuron that feeds itself, a flip-flop made of a tanh. A pulse sets or resets it.
sequences=$(size 1000 400)
steps=40
generate data.awk sequences="$sequences" steps=$steps seed=5 > data.csv
tail -n $((sequences * steps / 5)) data.csv > test.csv
cut -d, -f1 test.csv > input.csv
cut -d, -f2 test.csv > held.csv
learn cell data.csv "$(size 1500 500)"
learn dense data.csv 300 '.model.layers[0] = {cell: "dense", units: 1, activation: "tanh"}'
device cell input.csv $steps 2000
"$eddy" run dense.onnx --device float: --input input.csv -o dense.csv --quiet
right() { # OUTPUTS: how often, in %, the sign is right
  paste -d, held.csv "$1" | awk -F, '{ right += $1 * $2 > 0 } END { printf "%.1f\n", 100 * right / NR }'
}
dense=$(right dense.csv) float=$(right cell.float.csv) fixed=$(right cell.device.csv)
printf '  right: without feedback %s %%, float %s %%, device %s %%\n' "$dense" "$float" "$fixed"
holds 'holds what it should more often than without feedback' above "$fixed" "$dense"
near_points "$float" "$fixed"
row 'one neuron as a memory cell' 'feedback' 'rnn 1' "$dense %" "$float %" "$fixed %" cell

# The waveform: these pulses through the RTL.
printf '%s\n' 1 0 0 0 -1 0 0 1 0 -1 0 0 > pulses.csv
bits() { # in or out: fraction bits of the layer
  sed -n "s/^layer 1: .*$1 Q[0-9]*\.\([0-9]*\).*/\1/p" cell.cost
}
if [ ! "$quick" ]; then
  "$eddy" trace cell.eddy --input pulses.csv -o cell.fst --quiet
  fst2vcd cell.fst | awk -v steps="$(wc -l < pulses.csv)" -v x_bits="$(bits in)" -v h_bits="$(bits out)" \
    -f "$here/waveform.awk" > waveform.csv
  "$eddy" run cell.eddy --device sim: --input pulses.csv -o unrolled.csv --quiet
  paste -d, pulses.csv unrolled.csv > steps.csv
  plot
fi
