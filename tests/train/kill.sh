#!/bin/bash
# kill.sh EDDY TIMES [SEED] -- SIGKILL at random moments of a training; what --resume makes of it must be the bits of an
# undisturbed training. Prints how many of the kills met a running one.
set -eu
eddy=$(realpath "$1")
times=$2
RANDOM=${3:-$$}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "seed of the moments: ${3:-$$}"
awk 'BEGIN { for (t = 0; t < 3000; t++) printf "%d,%.4f,%.4f\n", t / 10, sin(t / 5), cos(t * t / 70) }' > data.csv
cat > spec.json << 'SPEC'
{ "data": { "file": "data.csv", "task": "next", "sequence_column": 0 },
  "model": { "layers": [ {"cell": "gru", "units": 24}, {"cell": "dense", "units": 2} ] },
  "training": { "batches": 1500, "batch": 16, "threads": 2, "seed": 3, "weight_bits": 8, "fixed_point": true, "round_from": 0.2 } }
SPEC
# A recording whose states are carried from batch to batch.
cat > carried.json << 'SPEC'
{ "data": { "file": "data.csv", "task": "next" },
  "model": { "layers": [ {"cell": "lstm", "units": 24}, {"cell": "dense", "units": 3} ] },
  "training": { "batches": 1500, "batch": 16, "steps": 10, "carry": true, "threads": 2, "seed": 4 } }
SPEC

met=0
prove() { # SPEC TIMES
  local train=("$eddy" train "$1" --quiet) i
  rm -f state
  "${train[@]}" -o whole.onnx
  for ((i = 0; i < $2; i++)); do
    "${train[@]}" -o killed.onnx --checkpoint state --checkpoint-every 1 --resume &
    sleep "0.0$((RANDOM % 90 + 10))"
    kill -KILL $! 2> /dev/null || true
    wait $! 2> /dev/null || met=$((met + ($? == 137)))
  done
  "${train[@]}" -o killed.onnx --checkpoint state --checkpoint-every 100 --resume
  cmp whole.onnx killed.onnx
  for file in state*; do # nothing piles up
    [ "$file" = state ] || [ "$file" = state.tmp ]
  done
}
prove spec.json $((times - times / 3))
prove carried.json $((times / 3))
echo "$met of $times kills met a running training"
