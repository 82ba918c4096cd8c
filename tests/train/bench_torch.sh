#!/bin/bash
# bench_torch.sh EDDY [THREADS] -- eddy train beside python3-torch on the same work, as a table in Markdown: sequences of 100 steps
# and 64 inputs a second, batches of 32; both with the same kernels of OpenBLAS.
set -eu
eddy=$1
here=$(dirname "$0")
threads=${2:-$(nproc)}
echo "| cell | hidden | eddy, sequences/s | GFLOP/s | of sgemm | PyTorch, sequences/s | ratio |"
echo "|---|---:|---:|---:|---:|---:|---:|"
for cell in gru lstm; do
  for hidden in 32 64 128 256; do
    ours=$("$eddy" bench --train --cell $cell --input 64 --hidden $hidden --steps 100 --batch 32 --threads "$threads" --json)
    torch=$(OPENBLAS_CORETYPE=$(jq -r .blas_core <<< "$ours") /usr/bin/python3 "$here/bench_torch.py" $cell 64 $hidden 100 32 "$threads")
    jq -r --argjson torch "$torch" '"| \(.cell) | \(.hidden) | \(.samples_per_s | floor) | \(.gflops | floor) | " +
      "\(.fraction_of_sgemm * 100 | floor / 100) | \($torch | floor) | \(.samples_per_s / $torch * 10 | floor / 10) |"' <<< "$ours"
  done
done
