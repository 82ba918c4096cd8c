#!/bin/bash
# mpi.sh EDDY -- two processes over MPI give the bits of one with two threads: the same sequences, summed in the same
# order; also after a checkpoint. Prints cmocka's last lines.
set -u
eddy=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
passed=0 failed=0
awk 'BEGIN { for (t = 0; t < 900; t++) printf "%d,%.4f\n", t / 9, sin(t / 5) }' > data.csv
cat > spec.json << 'SPEC'
{ "data": { "file": "data.csv", "task": "next", "sequence_column": 0 },
  "model": { "layers": [ {"cell": "lstm", "units": 12}, {"cell": "dense", "units": 1} ] },
  "training": { "batches": 120, "batch": 9, "weight_bits": 8, "fixed_point": true, "round_from": 0.3 } }
SPEC
both=(mpirun --oversubscribe --mca plm isolated --mca btl 'self,vader' --mca btl_vader_single_copy_mechanism none -n 2 "$eddy" train spec.json)

holds() { # NAME COMMAND...
  local name=$1 got
  shift
  if got=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf '[  FAILED  ] %s\n%s\n' "$name" "$got"
  fi
}

holds 'two threads' "$eddy" train spec.json -o threads.onnx --threads 2
holds 'two processes' "${both[@]}" -o processes.onnx --log log.csv
holds 'the same bits' cmp threads.onnx processes.onnx
holds 'one log' test "$(wc -l < log.csv)" = 121
holds 'threads of processes' "${both[@]}" -o four.onnx --threads 2
"${both[@]}" -o half.onnx --checkpoint state --checkpoint-every 50 --quiet
rm half.onnx
holds 'go on from a checkpoint' "$eddy" train spec.json -o half.onnx --threads 2 --checkpoint state --resume
holds 'the same bits after it' cmp threads.onnx half.onnx
refused() { # what one process refuses ends both
  ! timeout 60 "${both[@]}" "$@" && [ $? != 124 ]
}
holds 'a refusal ends both' refused -o nowhere/m.onnx
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
