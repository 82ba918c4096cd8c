#!/bin/sh
# refusals.sh HLSC -- sources outside of the subset: the exact message, exit status 1, and no output left behind.
# expected.txt holds the messages in the order of the files' names; a comment "hlsc: OPTIONS" says how to compile one.
set -u
hlsc=$1
here=$(dirname "$0")/refusals
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
check() { # LABEL CONDITION...
  label=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "[       OK ] $label"
  else
    failed=$((failed + 1))
    echo "[   FAILED ] $label"
  fi
}
for source in "$here"/*.c; do
  name=$(basename "$source" .c)
  echo stale >"$out/f.v"
  # shellcheck disable=SC2046 # options are words
  "$hlsc" "$source" --top f -I hls -o "$out/f.v" --quiet $(sed -n 's|.*/\* hlsc: \(.*\) \*/.*|\1|p' "$source") >"$out/text" 2>&1
  status=$?
  sed "s|^$here/||" "$out/text" >"$out/$name.got"
  awk -v name="$name.c" 'index($0, name ":") == 1 { on = 1; print; next } /^[^ ]/ { on = 0 } on' "$here/expected.txt" >"$out/want"
  check "refuses $name" cmp -s "$out/$name.got" "$out/want"
  cmp -s "$out/$name.got" "$out/want" || { sed 's/^/  got:  /' "$out/$name.got"; sed 's/^/  want: /' "$out/want"; }
  check "$name: status 1 and no file" test "$status" -eq 1 -a ! -e "$out/f.v"
done
"$hlsc" "$here/../kernels/fir.c" --top absent -I hls -o "$out/f.v" >/dev/null 2>"$out/text"
check "no such function" grep -q "no function 'absent'" "$out/text"
echo "[  PASSED  ] $passed test(s)."
[ "$failed" -eq 0 ] || echo "[  FAILED  ] $failed test(s)"
[ "$failed" -eq 0 ]
