#!/bin/sh
# lint.sh RTL_DIRECTORY SOURCE... -- the generated RTL with the sources around it, through verilator (all warnings, with
# and without the run-time checks), yosys and iverilog. Prints in cmocka's form.
set -u
rtl=$1
shift
passed=0 failed=0
check() { # LABEL COMMAND...
  label=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $rtl: $label"
  fi
}
set -- "$rtl"/*.v "$@"
check 'verilator -Wall' "${VERILATOR:-verilator}" --lint-only -Wall --top-module eddy_core "$@"
check 'verilator -Wall, with checks' "${VERILATOR:-verilator}" --lint-only -Wall +define+HLSC_CHECK \
  --top-module eddy_core "$@"
check 'yosys' "${YOSYS:-yosys}" -q -p "read_verilog -sv $*; hierarchy -check -top eddy_core; proc; check -assert"
check 'iverilog' iverilog -g2012 -Wall -t null -s eddy_core "$@"
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
