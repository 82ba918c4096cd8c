#!/bin/bash
# shellcheck disable=SC2010,SC2015,SC2046,SC2086,SC2206 # lists of words, of names that are ours
# mutate.sh HLSC OUT -- each rule of mutations.txt is broken in turn; hlsc is built with the fault, and must
# be found out: by the checker of schedules, by the test of the checker, or by a kernel that computes something else. Rules of
# a sequencer (and of seq*.c) are tried on SEQUENCER_KERNELS. ONLY="FILE..." takes the rules of these files.
set -u
hlsc=$1 out=$2
shift 2
here=$(dirname "$0")
llvm=${LLVM_CONFIG:-llvm-config-19}
mkdir -p "$out/good" "$out/sequencer"
all_kernels=("$here"/../kernels/*.c)
options() { sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$1"; }

compile_all() { # HLSC OUT: prints the kernel that fails
  local k
  for k in "${kernels[@]}"; do
    # shellcheck disable=SC2046 # options are words
    timeout 20 "$1" "$k" --top "$(basename "$k" .c)" -I hls -o "$2/$(basename "$k" .c).v" --report "$2/$(basename "$k" .c).json" -q $(options "$k") ${RIG_OPTIONS-} >/dev/null 2>"$2/log" ||
      { echo "$(basename "$k" .c): $(head -1 "$2/log")"; return; }
  done
}

found_by() { # FILE EDIT
  local object=$out/mutant.o why k differing=()
  "$here/mutant.sh" "$hlsc" "$out" "$1" "$2" || return 1
  why=$(compile_all "$out/hlsc" "$out")
  [ -z "$why" ] || { echo "$why"; return 0; } # refused, crashed, or never ended
  "${CC:-cc}" -std=c11 -D_GNU_SOURCE -isystem "$($llvm --includedir)" -w -Ihls/hlsc -o "$out/test_check" "$here/../test_check.c" "$object" \
    $(ls "$(dirname "$hlsc")"/../hlsc/*.o | grep -v "/${1%.c}.o$\|/main.o$") $($llvm --ldflags --libs) -lm -lcmocka
  timeout 100 "$out/test_check" >/dev/null 2>&1 || { echo 'test_check'; return 0; }
  tests/hlsc/refusals.sh "$out/hlsc" >/dev/null 2>&1 || { echo 'a refusal'; return 0; }
  for k in "${kernels[@]}"; do
    for why in v json; do
      cmp -s "$good/$(basename "$k" .c).$why" "$out/$(basename "$k" .c).$why" && continue
      differing+=("$k")
      break
    done
  done
  [ ${#differing[@]} -gt 0 ] || { echo 'no kernel changes'; return 1; }
  "$here/../rig/build.sh" "$out/hlsc" "$out/rig" "${differing[@]:0:20}" >"$out/log" 2>&1 || { echo 'the RTL does not build'; return 0; }
  timeout 300 "$out/rig/rig" 12 >"$out/log" 2>&1 && { echo "${#differing[@]} kernels change, none fails"; return 1; }
  sed -n 's/.*FAILED \] \([a-z0-9_]*\):.*/\1/p' "$out/log" | head -1
}

choose_kernels() { # FILE RULE
  case "$1 $2" in
    seq* | *' a sequencer '*) export RIG_OPTIONS=--sequencer RIG_OPTIMISE=-O0; kernels=($SEQUENCER_KERNELS) good=$out/sequencer ;;
    *) unset RIG_OPTIONS; kernels=("${all_kernels[@]}") good=$out/good ;;
  esac
}

for file in any seq; do
  choose_kernels $file ''
  compile_all "$hlsc" "$good"
done
killed=0 survived=0
while IFS='|' read -r file rule edit; do
  case $file in '#'* | '') continue ;; esac
  [[ -z ${ONLY-} || " $ONLY " == *" $file "* ]] || continue
  choose_kernels "$file" "$rule"
  why=$(found_by "$file" "$edit") && { killed=$((killed + 1)); mark='      OK'; } || { survived=$((survived + 1)); mark='  FAILED'; }
  printf '[ %s ] %-11s %-52s %s\n' "$mark" "$file" "$rule" "$why"
done <"$here/mutations.txt"
echo "[  PASSED  ] $killed test(s)."
[ $survived -eq 0 ] || echo "[  FAILED  ] $survived test(s)"
[ $survived -eq 0 ]
