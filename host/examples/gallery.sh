#!/bin/bash
# gallery.sh BUILD [--quick] [--devices] NAME... -- the examples of the gallery, end to end by the command line: data, training, 8-bit
# image, float and device, picture. Results go to BUILD/gallery (quick form: BUILD/gallery-quick), a row each to
# table.md there. With --devices the first rows also run on usb: (a simulated board) and xrt: (hardware emulation), as 16-bit
# images, which those have; all must have the bits of cpu:. Prints "holds" or "BROKEN" for each promise, and fails if one is broken.
#
# NAME/example.sh says what to do; it runs in the folder of its results, with these functions and
#
#   $here   the example's folder            $quick  1 in the quick form, else empty
#   $eddy   the command
set -euo pipefail
export LC_ALL=C.UTF-8
build=$(realpath "$1")
shift
quick='' devices=''
while [ "${1#--}" != "$1" ]; do
  case $1 in
    --quick) quick=1 ;;
    --devices) devices='usb: xrt:' ;;
    *) echo "unknown option $1" >&2 && exit 2 ;;
  esac
  shift
done
eddy=$build/bin/eddy
examples=$(realpath "$(dirname "$0")")
results=$build/gallery${quick:+-quick}
manifest=$(realpath "$(dirname "$0")/../../bitstreams/manifest.json")

# size FULL QUICK: the one of the form that runs.
size() {
  if [ "$quick" ]; then echo "$2"; else echo "$1"; fi
}

# generate SCRIPT [NAME=VALUE...]: a script of the example, in awk, beside random.awk.
generate() {
  local script=$1 settings=()
  shift
  for setting in "$@"; do
    settings+=(-v "$setting")
  done
  awk "${settings[@]}" -f "$examples/random.awk" -f "$here/$script" < /dev/null
}

# learn MODEL DATA BATCHES [FILTER]: MODEL.onnx by the example's specification, changed by a filter of jq.
learn() {
  jq "${4:-.}" "$here/spec.json" > "$1.json"
  "$eddy" train "$1.json" --data "$2" -o "$1.onnx" --batches "$3" --quiet
}

# device MODEL INPUT EACH ROWS: MODEL.float.csv and MODEL.device.csv, 8-bit weights on cpu:, the first ROWS rows also on
# sim:, which must have the same bits; back to the zero state after EACH rows (0: never). The input calibrates, too.
device() {
  local model=$1 input=$2 reset=()
  [ "$3" = 0 ] || reset=(--reset-each "$3")
  image "$model" "$model.onnx" --calibrate "$input"
  "$eddy" run "$model.onnx" --device float: --input "$input" "${reset[@]}" -o "$model.float.csv" --quiet
  "$eddy" run "$model.eddy" --device cpu: --input "$input" "${reset[@]}" -o "$model.device.csv" --quiet
  "$eddy" run "$model.eddy" --device sim: --input "$input" --rows "$4" "${reset[@]}" -o "$model.sim.csv" --quiet
  holds "$model: sim: has the bits of cpu: in $(wc -l < "$model.sim.csv") rows" \
    cmp "$model.sim.csv" <(head -n "$(wc -l < "$model.sim.csv")" "$model.device.csv")
  other_devices "$model" --input "$input" --rows 40 "${reset[@]}"
}

# image MODEL COMPILE...: MODEL.eddy with 8-bit weights, what it costs in MODEL.cost.
image() {
  local model=$1
  shift
  "$eddy" compile "$@" --weight-bits 8 -o "$model.eddy" > "$model.cost"
  printf '%s\n' "$@" > "$model.image"
}

# other_devices MODEL RUN...: with --devices, an image of the model has the bits of cpu: on each.
other_devices() {
  local model=$1 compile uri with
  shift
  [ "$devices" ] && [ ! -e "$model.16.eddy" ] || return 0
  mapfile -t compile < "$model.image"
  "$eddy" compile "${compile[@]}" -o "$model.16.eddy" --quiet
  "$eddy" run "$model.16.eddy" --device cpu: "$@" -o "$model.16.csv" --quiet
  for uri in $devices; do
    with=()
    [ "$uri" != usb: ] || with=("$build/bin/with-board")
    "${with[@]}" "$eddy" run "$model.16.eddy" --device "$uri" "$@" -o "$model.${uri%:}.csv" --quiet || :
    holds "$model: $uri has the bits of cpu: in $(wc -l < "$model.16.csv") rows" cmp "$model.16.csv" "$model.${uri%:}.csv"
  done
}

# cycles COST: of a step alone, which eddy compile names first; of a decoder, a token of many.
cycles() {
  sed -n 's/^cycles of a packet, .*: \(1 step\|n steps\) \([0-9]*\).*/\2/p
    s/^cycles of a source of one step and n tokens: .* \* \([0-9]*\)$/\1/p' "$1"
}

# boards FIELD: of each board that bitstreams/ has a design for.
boards() {
  jq -r ".[] | select(.clocks.engine_clk) | $1" "$manifest"
}

# on_boards MODEL: what a step takes on each, in microseconds, as cells of the table; - where the model has no place.
on_boards() {
  local compile preset mhz
  mapfile -t compile < "$1.image"
  boards '"\(.preset) \(.clocks.engine_clk.mhz)"' | while read -r preset mhz; do
    "$eddy" compile "${compile[@]}" --preset "$preset" -o board.eddy > board.cost 2> board.log || : > board.cost
    awk -v cycles="$(cycles board.cost)" -v mhz="$mhz" 'BEGIN { if (cycles) printf " %.1f |", cycles / mhz; else printf " - |" }'
  done
}

# ends STEPS [FILE]: the last row of each sequence.
ends() {
  awk -v n="$1" 'NR % n == 0' "${2:--}"
}

# held_out DATA ROWS STEPS: the last rows without their labels to input.csv, the label at each sequence's end to labels.csv.
held_out() {
  tail -n "$2" "$1" | tee test.csv | sed 's/,[0-9]*$//' > input.csv
  sed 's/.*,//' test.csv | ends "$3" > labels.csv
}

# classes MODEL STEPS: how often the class at each sequence's end is right, in %, to float and fixed.
# shellcheck disable=SC2034
classes() {
  local where
  for where in float device; do
    ends "$2" "$1.$where.csv" > "$1.$where.last.csv"
  done
  float=$(accuracy labels.csv "$1.float.last.csv") fixed=$(accuracy labels.csv "$1.device.last.csv")
}

# accuracy LABELS OUTPUTS: how often, in %, the largest output is where the label says.
accuracy() {
  paste -d, "$1" "$2" | awk -F, '{ best = 2; for (k = 3; k <= NF; k++) if ($k > $best) best = k
    right += best - 2 == $1 } END { printf "%.1f\n", 100 * right / NR }'
}

# rmse TARGETS OUTPUTS: over all columns.
rmse() {
  paste -d, "$1" "$2" | awk -F, '{ n = NF / 2; for (k = 1; k <= n; k++) sum += ($k - $(k + n)) ^ 2 }
    END { printf "%.4g\n", sqrt(sum / NR / n) }'
}

holds() { # TEXT COMMAND...
  local text=$1
  shift
  if "$@" > /dev/null; then
    echo "  holds: $text"
  else
    echo "  BROKEN: $text"
    touch broken
  fi
}

# above A B, below A B: numbers, A > B and A < B.
above() {
  awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 > b + 0) }'
}
below() {
  above "$2" "$1"
}

# near_points FLOAT DEVICE: within 0.5 points (the few samples of the quick form: 5). near_error: within 2 % (10 %).
near_points() {
  holds "device $2 %, float $1 %: within $(size 0.5 5) points" above "$2" "$(awk -v a="$1" -v d="$(size 0.5 5)" 'BEGIN { print a - d - 1e-6 }')"
}
near_error() {
  holds "error on the device $2, float $1: within $(size 2 10) %" below "$2" "$(awk -v a="$1" -v d="$(size 1.02 1.1)" 'BEGIN { print a * d + 1e-12 }')"
}

# row TASK KIND MODEL BASELINE FLOAT DEVICE IMAGE: of the table.
row() {
  local cost
  cost=$(cycles "$7.cost")
  holds "the cost is known: $cost cycles" above "$cost" 0
  echo "| $1 | $2 | $3 | $4 | $5 | $6 | $cost |$(on_boards "$7")" >> row.md
}

plot() { # the example's plot.gp, to NAME.png
  gnuplot -e "image='$name.png'" "$here/plot.gp"
}

mkdir -p "$results"
broken=
for name in "$@"; do
  here=$examples/$name
  [ -f "$here/example.sh" ] || { echo "no example $name; there are: $(cd "$examples" && echo */example.sh | sed 's,/example.sh,,g')" >&2; exit 2; }
  rm -rf "${results:?}/$name"
  mkdir "$results/$name"
  echo "$name"
  # shellcheck source=/dev/null
  (cd "$results/$name" && . "$here/example.sh")
  [ ! -e "$results/$name/broken" ] || broken=1
done
{
  echo "| task | kind | model | baseline | float | device, 8-bit | cycles a step |$(boards '" µs, \(.board) at \(.clocks.engine_clk.mhz) MHz |"' | tr -d '\n')"
  echo "|---|---|---|---:|---:|---:|---:|$(boards '"---:|"' | tr -d '\n')"
  for name in "$@"; do cat "$results/$name/row.md"; done
} > "$results/table.md"
cat "$results/table.md"
[ ! "$broken" ]
