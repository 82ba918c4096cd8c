#!/bin/bash
# reduce.sh HLSC GENERATE OUT NUMBER [KIND] -- a failing random program with everything left out that its failure does not need,
# as OUT/fuzz<NUMBER>.c. Larger ranges of parts are tried first, then their halves, until single parts. KIND: 'fault' of
# the compiler or 'difference'; without, whatever it is. With FUZZ_ONCE the exit status says whether it fails, and no more.
set -u
hlsc=$1 generate=$2 out=$3 number=$4 wanted=${5-}
here=$(dirname "$0")
name=fuzz$number
work=$out/less
mkdir -p "$work/one"

make_program() { # PARTS
  "$generate" "$number" "$name" "$1" >"$work/$name.c" 2>"$work/parts"
}

# how SOURCE fails: 'fault', 'difference' or nothing
how() {
  "$here/compile.sh" "$hlsc" "$1"
  case $? in
    1) return ;;
    2) grep -q 'rejects the source' "$1.log" || echo fault; return ;;
  esac
  [ "$wanted" = fault ] && return
  rm -f "$work"/one/obj/Vrig* "$work/one/rig"
  "$here/../rig/build.sh" "$hlsc" "$work/one" "$1" >"$work/one.log" 2>&1 || { echo fault; return; }
  timeout 60 "$work/one/rig" 8 1 >"$work/one.log" 2>&1 || echo difference
}

make_program ''
kind=$(how "$work/$name.c")
if [ -z "$kind" ] || [ "$kind" != "${wanted:-$kind}" ]; then
  echo "  program $number does not fail alone"
  exit 1
fi
[ "${FUZZ_ONCE-}" ] && exit 0
wanted=$kind
cp "$work/$name.c" "$out/$name.c"
parts=$(cat "$work/parts")
unwanted='' # so far
same() { # whether the program is the one that failed last
  sed 's/SMALLEST=[0-9]*/SMALLEST=1/' "$work/$name.c" | cmp -s - "$work/last"
}
make_program ''
sed 's/SMALLEST=[0-9]*/SMALLEST=1/' "$work/$name.c" >"$work/last"
for ((size = (parts + 1) / 2; size >= 1; size /= 2)); do
  for ((at = parts - 1; at >= 0; at -= size)); do
    first=$((at - size + 1 < 0 ? 0 : at - size + 1))
    make_program "$unwanted$first-$at"
    same && continue
    cp "$work/$name.c" "$work/try"
    [ "$(how "$work/$name.c")" = "$kind" ] || continue
    unwanted="$unwanted$first-$at,"
    cp "$work/try" "$work/last"
    cp "$work/$name.c" "$out/$name.c"
  done
done
echo "  program $number: reduced to $(grep -c '' "$out/$name.c") lines of $("$generate" "$number" "$name" 2>/dev/null | grep -c ''): $out/$name.c"
