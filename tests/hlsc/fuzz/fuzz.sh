#!/bin/bash
# fuzz.sh HLSC GENERATE OUT N [SEED] -- N random programs natively and through hlsc, in batches of one simulation each.
# A program may be refused, by a diagnostic; it may not crash the compiler, fail the checker of schedules, or compute
# anything else than natively. What fails is reduced, and left in OUT as <name>.c, to be kept in tests/hlsc/fuzz/found.
set -u
hlsc=$1 generate=$2 out=$3 n=$4 seed=${5:-1}
here=$(dirname "$0")
batch=40
mkdir -p "$out"
passed=0 refused=0 failed=0

# compile SOURCE TOP: at the smallest interval of its marked loops; 0 compiled, 1 refused, 2 a fault
compile() {
  local ii status
  for ii in 1 2 3 5 9 20 60; do
    sed -i "s/-DSMALLEST=[0-9]*/-DSMALLEST=$ii/" "$1"
    # shellcheck disable=SC2046 # options are words
    timeout 60 "$hlsc" "$1" --top "$2" -I hls -o "$out/try.v" --quiet $(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$1") 2>"$out/try.log"
    status=$?
    [ $status -eq 0 ] && return 0
    if [ $status -ne 1 ] || ! grep -q 'error: ' "$out/try.log" || grep -q 'fault of hlsc' "$out/try.log"; then
      return 2
    fi
    grep -q 'cannot start an iteration' "$out/try.log" || return 1
  done
  return 1
}

# fails SOURCE TOP: the program does not do what it does natively
fails() {
  compile "$1" "$2"
  case $? in
    1) return 1 ;;
    2) return 0 ;;
  esac
  "$here/../rig/build.sh" "$hlsc" "$out/one" "$1" >"$out/one.log" 2>&1 || return 0
  ! timeout 120 "$out/one/rig" 8 1 >"$out/one.log" 2>&1
}

# reduce NUMBER: leaves out what the failure does not need
reduce() {
  local name=fuzz$1 bits=() k mask try statements
  statements=$("$generate" "$1" "$name" | grep -c '')
  for ((k = 0; k < 120 && k < statements; k++)); do bits[k]=0; done
  as_hex() { local h='' i d; for ((i = ((${#bits[@]} + 3) / 4) - 1; i >= 0; i--)); do
    d=$((${bits[i * 4]:-0} + 2 * ${bits[i * 4 + 1]:-0} + 4 * ${bits[i * 4 + 2]:-0} + 8 * ${bits[i * 4 + 3]:-0}))
    h+=$(printf '%x' $d); done; echo "$h"; }
  for ((k = 0; k < ${#bits[@]}; k++)); do
    bits[k]=1
    try=$(as_hex)
    "$generate" "$1" "$name" "$try" >"$out/less/$name.c"
    cmp -s "$out/less/$name.c" "$out/less/$name.last" && { bits[k]=0; continue; }
    fails "$out/less/$name.c" "$name" && cp "$out/less/$name.c" "$out/less/$name.last" || bits[k]=0
  done
  mask=$(as_hex)
  "$generate" "$1" "$name" "$mask" | awk '/^#if 0/ { out++ } !out { print } /^#endif/ && out { out--; next }' >"$out/$name.c"
}

report_failure() { # NUMBER WHAT
  failed=$((failed + 1))
  echo "  program $1: $2"
  mkdir -p "$out/less"
  cp "$out/src/fuzz$1.c" "$out/less/fuzz$1.last"
  [ "${FUZZ_REDUCE-1}" = 1 ] && reduce "$1"
}

for ((first = 0; first < n; first += batch)); do
  rm -rf "$out/src" "$out/batch"
  mkdir -p "$out/src"
  sources=()
  for ((i = first; i < n && i < first + batch; i++)); do
    number=$((seed + i))
    source=$out/src/fuzz$number.c
    "$generate" $number "fuzz$number" >"$source"
    compile "$source" "fuzz$number"
    case $? in
      0) sources+=("$source") ;;
      1) refused=$((refused + 1)) ;;
      *) cat "$out/try.log"; report_failure $number 'the compiler failed' ;;
    esac
  done
  [ ${#sources[@]} -gt 0 ] || continue
  if ! "$here/../rig/build.sh" "$hlsc" "$out/batch" "${sources[@]}" >"$out/batch.log" 2>&1; then
    cat "$out/batch.log"
    failed=$((failed + 1))
    continue
  fi
  timeout 600 "$out/batch/rig" 8 "$seed" >"$out/batch.log" 2>&1 || [ -s "$out/batch.log" ] || failed=$((failed + 1))
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
