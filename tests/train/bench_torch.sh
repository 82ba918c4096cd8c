#!/bin/bash
# bench_torch.sh EDDY [THREADS] -- eddy train beside python3-torch on the same work, as a table in Markdown: sequences of 100 steps
# and 64 inputs a second, batches of 32. PyTorch with one thread or with THREADS, whichever is faster: as it is installed, which is
# what a user has, and, to tell kernels from everything else, with the kernels of OpenBLAS that eddy chooses for the processor.
# Fails when eddy is not 6 times as fast as the installed one for some hidden from 32 to 128.
set -eu
eddy=$1
here=$(dirname "$0")
threads=${2:-$(nproc)}
least=6
broken=
echo "| cell | hidden | eddy, sequences/s | GFLOP/s | of sgemm | PyTorch, sequences/s | ratio | PyTorch, same kernels | ratio |"
echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
for cell in gru lstm; do
  for hidden in 32 64 128 256; do
    ours=$("$eddy" bench --train --cell $cell --input 64 --hidden $hidden --steps 100 --batch 32 --threads "$threads" --json)
    torch() {
      for n in 1 "$threads"; do
        "$@" /usr/bin/python3 "$here/bench_torch.py" $cell 64 $hidden 100 32 "$n"
      done | sort -g | tail -1
    }
    installed=$(torch env)
    same=$(torch env OPENBLAS_CORETYPE="$(jq -r .blas_core <<< "$ours")")
    jq -r --argjson installed "$installed" --argjson same "$same" 'def ratio(torch): .samples_per_s / torch * 10 | floor / 10;
      "| \(.cell) | \(.hidden) | \(.samples_per_s | floor) | \(.gflops | floor) | \(.fraction_of_sgemm * 100 | floor / 100) | " +
      "\($installed | floor) | \(ratio($installed)) | \($same | floor) | \(ratio($same)) |"' <<< "$ours"
    [ $hidden -gt 128 ] || jq -e --argjson torch "$installed" ".samples_per_s >= $least * \$torch" <<< "$ours" > /dev/null ||
      broken="$broken $cell-$hidden"
  done
done
if [ -n "$broken" ]; then
  echo "BROKEN: less than $least times PyTorch as installed:$broken"
  exit 1
fi
echo "holds: at least $least times PyTorch as installed, hidden 32 to 128"
