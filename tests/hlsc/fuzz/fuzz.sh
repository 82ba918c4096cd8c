#!/bin/bash
# fuzz.sh HLSC GENERATE OUT N [SEED] -- N random programs natively and through hlsc, in batches of one simulation each.
# A program may be refused, by a diagnostic; it may not crash the compiler, fail the checker of schedules, or compute
# anything else than natively. What fails is reduced to OUT/<name>.c, to be kept in tests/hlsc/fuzz/found.
set -u
hlsc=$1 generate=$2 out=$3 n=$4 seed=${5:-1}
here=$(dirname "$0")
batch=40
mkdir -p "$out"
passed=0 refused=0 failed=0

# simulate OUT ROUNDS SOURCE...: what does not change from one simulation to the next stays built
simulate() {
  rm -f "$1"/obj/Vrig* "$1"/rig
  "$here/../rig/build.sh" "$hlsc" "$1" "${@:3}" >"$1.log" 2>&1 && timeout 600 "$1/rig" "$2" "$seed" >"$1.log" 2>&1
}

report_failure() { # NUMBER WHAT
  failed=$((failed + 1))
  echo "  program $1: $2"
  [ "${FUZZ_REDUCE-1}" = 1 ] && "$here/reduce.sh" "$hlsc" "$generate" "$out" "$1"
}

for ((first = 0; first < n; first += batch)); do
  rm -rf "$out/src"
  mkdir -p "$out/src" "$out/batch"
  sources=()
  for ((i = first; i < n && i < first + batch; i++)); do
    "$generate" $((seed + i)) "fuzz$((seed + i))" >"$out/src/fuzz$((seed + i)).c" 2>/dev/null
  done
  printf '%s\n' "$out"/src/*.c | xargs -P "$(nproc)" -n 1 "$here/compile.sh" "$hlsc"
  for source in "$out"/src/*.c; do
    case $(cat "$source.status") in
      0) sources+=("$source") ;;
      1) refused=$((refused + 1)) ;;
      *)
        number=$(basename "$source" .c)
        cat "$source.log"
        report_failure "${number#fuzz}" 'the compiler failed'
        ;;
    esac
  done
  [ ${#sources[@]} -gt 0 ] || continue
  simulate "$out/batch" 8 "${sources[@]}"
  grep -q 'PASSED' "$out/batch.log" || { # it does not even build, or does not end: one by one
    tail -3 "$out/batch.log"
    for source in "${sources[@]}"; do
      simulate "$out/one" 8 "$source" || grep -q FAILED "$out/one.log" || echo "[   FAILED ] $(basename "$source" .c): $(tail -1 "$out/one.log")"
      cat "$out/one.log"
    done >"$out/batch.log"
  }
  passed=$((passed + $(grep -c ' OK \]' "$out/batch.log")))
  while read -r number; do
    grep "  fuzz$number:" "$out/batch.log" | head -2
    report_failure "$number" 'another result than natively'
  done < <(sed -n 's/.*FAILED \] fuzz\([0-9]*\):.*/\1/p' "$out/batch.log")
  [ -t 1 ] && printf '\r%d of %d programs' $((first + batch < n ? first + batch : n)) "$n"
done
[ -t 1 ] && echo
echo "$n programs from seed $seed: $passed equal, $refused refused, $failed failed"
echo "[  PASSED  ] $((failed == 0)) test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] 1 test(s)"
[ $failed -eq 0 ]
