#!/bin/bash
# run.sh EDDY -- the command line: the cases of the *.sh files beside this one, run in a temporary folder that holds
#
#   wave.csv    400 rows of one column       spec.json   a small network for it
#   m.onnx      that network, trained        m.eddy      compiled for sim-small
#
# A case calls expect, match or holds; text is the standard output and the error output together.
set -u
eddy=$(realpath "$1")
here=$(realpath "$(dirname "$0")")

passed=0 failed=0

result() { # NAME STATUS [detail on stdin]
  if [ "$2" = 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $1"
    sed 's/^/    /'
  fi
}

# expect NAME STATUS TEXT COMMAND...: exit status and the exact text.
expect() {
  local name=$1 status=$2 text=$3 got code
  shift 3
  got=$("$@" 2>&1)
  code=$?
  [ "$code" = "$status" ] && [ "$got" = "$text" ]
  result "$name" $? <<< "$*
exit $code, expected $status
got:      $got
expected: $text"
}

# predicted LABEL STEPS: what the line of eddy compile on stdin that begins with LABEL says of so many steps.
predicted() {
  sed -n "s/^$1: *//p" | tr ',' '\n' | awk -v n="$2" '
    $1 == n && /^ *[0-9]+ steps? / { print $3; exit }
    $1 == "n" { gsub(/[()]/, ""); print $3 + (n - $7) * $9; exit }'
}

# match NAME STATUS REGEX COMMAND...: exit status, and one line that matches.
match() {
  local name=$1 status=$2 regex=$3 got code
  shift 3
  got=$("$@" 2>&1)
  code=$?
  [ "$code" = "$status" ] && grep -Eq -- "$regex" <<< "$got"
  result "$name" $? <<< "$*
exit $code, expected $status
got:        $got
to match:   $regex"
}

# wrong NAME LINE COMMAND...: wrong use: exit 2, the line, and how to get help.
wrong() {
  local name=$1 line=$2
  shift 2
  expect "$name" 2 "$line
Try \`eddy $2 --help' or \`eddy $2 --usage' for more information." "$@"
}

# holds NAME COMMAND...: a command that succeeds.
holds() {
  local name=$1 got
  shift
  got=$("$@" 2>&1)
  result "$name" $? <<< "$* failed: $got"
}

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
ln -s "$eddy" eddy
ln -s "$here/../golden" golden
ln -s "$here/../../bitstreams" bitstreams
PATH=$folder:$PATH
awk 'BEGIN { for (t = 0; t < 400; t++) printf "%.4f\n", sin(t / 5) + 0.3 * cos(t / 1.7) }' > wave.csv
cat > spec.json << 'SPEC'
{ "data": { "file": "wave.csv", "task": "next", "train": 0.8 },
  "model": { "layers": [ {"cell": "rnn", "units": 10}, {"cell": "dense", "units": 1} ] },
  "training": { "batches": 40, "batch": 8, "steps": 20, "seed": 3 } }
SPEC
holds 'train' eddy train spec.json -o m.onnx --quiet
holds 'compile' eddy compile m.onnx --calibrate wave.csv -o m.eddy --quiet

for cases in "$here"/*.sh; do
  # shellcheck source=/dev/null
  [ "$cases" = "$here/run.sh" ] || . "$cases"
done
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
