#!/bin/bash
# reduce.sh HLSC GENERATE OUT NUMBER -- a failing random program with everything left out that its failure does not need, as
# OUT/fuzz<NUMBER>.c. Larger ranges of parts are tried first, then their halves, until single parts.
set -u
hlsc=$1 generate=$2 out=$3 number=$4
here=$(dirname "$0")
name=fuzz$number
work=$out/less
mkdir -p "$work/one"
unwanted='' # so far

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
  rm -f "$work"/one/obj/Vrig* "$work/one/rig"
  "$here/../rig/build.sh" "$hlsc" "$work/one" "$1" >"$work/one.log" 2>&1 || { echo fault; return; }
  timeout 60 "$work/one/rig" 8 1 >"$work/one.log" 2>&1 || echo difference
}

make_program ''
kind=$(how "$work/$name.c")
[ "$kind" ] || { echo "  program $number does not fail alone"; exit 1; }
cp "$work/$name.c" "$out/$name.c"
parts=$(cat "$work/parts")
for ((size = (parts + 1) / 2; size >= 1; size /= 2)); do
  for ((at = parts - 1; at >= 0; at -= size)); do
    first=$((at - size + 1 < 0 ? 0 : at - size + 1))
    make_program "$unwanted$first-$at"
    sed 's/SMALLEST=[0-9]*/SMALLEST=1/' "$work/$name.c" | cmp -s - "$work/$name.last" && continue
    sed 's/SMALLEST=[0-9]*/SMALLEST=1/' "$work/$name.c" >"$work/$name.try"
    [ "$(how "$work/$name.c")" = "$kind" ] || continue
    unwanted="$unwanted$first-$at,"
    cp "$work/$name.try" "$work/$name.last"
    cp "$work/$name.c" "$out/$name.c"
  done
done
echo "  program $number: reduced to $(grep -c '' "$out/$name.c") lines of $("$generate" "$number" "$name" 2>/dev/null | grep -c ''): $out/$name.c"
