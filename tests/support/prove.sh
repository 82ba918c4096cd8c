#!/bin/bash
# prove.sh -- what lists of proofs share; tests/*/prove.sh source it with `folder` set. Assertions are proved by induction;
# a copy with a mistake in it must not be.
: "${folder:?the list of proofs names it}"
# shellcheck source=tests/support/check.sh
. tests/support/check.sh
mkdir -p "$folder"

# proof NAME EXPECTED SOLVER COMMANDS: EXPECTED is proved or unproved; SOLVER sat (that of yosys) or smt (yosys-smtbmc with
# z3); COMMANDS read the module into yosys and make one clock of all.
proof() {
  local name=$1 expected=$2 solver=$3 commands="$4; opt_clean; dffunmap" got=error log
  log=$folder/$name.log
  if [ "$solver" = sat ]; then
    "${YOSYS:-yosys}" -p "$commands;
      sat -timeout 200 -prove-asserts -set-assumes -tempinduct -seq 1 -maxsteps 8" > "$log" 2>&1
  elif "${YOSYS:-yosys}" -q -p "$commands; write_smt2 -wires $folder/$name.smt2" > "$log" 2>&1; then
    timeout 120 yosys-smtbmc -s z3 -t 5 "$folder/$name.smt2" >> "$log" 2>&1 &&
      timeout 120 yosys-smtbmc -s z3 -t 5 -i "$folder/$name.smt2" >> "$log" 2>&1 &&
      echo 'Induction step proven: SUCCESS' >> "$log"
  fi
  grep -q 'Induction step proven: SUCCESS' "$log" && got=proved
  grep -Eq 'model found for base case: FAIL|Reached maximum number of time steps|Status: FAILED' "$log" && got=unproved
  if [ "$got" = "$expected" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $name: $got, expected $expected"
    tail -n 5 "$log"
  fi
}

# mistake SOURCE NUMBER SED: prints the path of a copy of SOURCE with a mistake in it.
mistake() {
  local copy
  copy=$folder/$(basename "$1" .sv)-broken-$2.sv
  sed "$3" "$1" > "$copy"
  cmp -s "$copy" "$1" && echo "$1: '$3' changes nothing" >&2
  echo "$copy"
}
