#!/bin/bash
# run.sh BIN -- the command eddy on simulated boards: the same bits as sim:, the board's own descriptors, and what a user
# is told when something is missing. Prints in cmocka's form.
set -u
# shellcheck source=tests/usb/models.sh
. "$(dirname "$0")/models.sh"
bin=$(realpath "$1")
passed=0 failed=0
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
umask 022
chmod 755 "$folder"
cd "$folder" || exit 1
PATH=$bin:$PATH

# holds NAME COMMAND...: a command that succeeds.
holds() {
  local name=$1 got
  shift
  if got=$(timeout 60 "$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf '[  FAILED  ] %s\n    %s\n' "$name" "$got"
  fi
}

# says NAME REGEX COMMAND...: a command that fails, and says so.
says() {
  local name=$1 regex=$2
  shift 2
  # shellcheck disable=SC2016
  holds "$name" bash -c 'if got=$("${@:2}" 2>&1); then echo "did not fail: $got"; exit 1; fi
    grep -Eq -- "$1" <<< "$got" || { echo "$got"; exit 1; }' - "$regex" "$@"
}

# same NAME DATA MODEL URI [OPTION...]: usb: gives the bits of sim:.
same() {
  local name=$1 data=$2 model=$3 uri=$4
  shift 4
  eddy run "$model" --device sim: < "$data" > sim.csv
  # shellcheck disable=SC2016
  holds "$name" bash -c 'with-board "${@:4}" eddy run "$2" --device "$3" < "$1" > usb.csv &&
    cmp sim.csv usb.csv' - "$data" "$model" "$uri" "$@"
}

make_wave wave.csv
for layer in rnn:3 rnn:10 gru:12 lstm:25; do
  cell=${layer%:*} units=${layer#*:}
  make_model wave.csv "$cell" "$units" || exit 1
  same "$cell of $units units" wave.csv "$units.eddy" usb:
done
same 'a slow engine' wave.csv 10.eddy usb: --engine 3000
same 'an engine faster than the bus' wave.csv 10.eddy usb: --engine 80000
same 'a board by its serial number' wave.csv 10.eddy usb:serial=00000002 --boards 2

says 'two boards, none chosen' '2 boards are on USB; choose one' with-board --boards 2 \
  eddy run 10.eddy --device usb: --input wave.csv
says 'no such serial number' 'no board with serial number 77' with-board \
  eddy run 10.eddy --device usb:serial=77 --input wave.csv
says 'no board' 'no board is on USB' with-board --boards 0 \
  eddy run 10.eddy --device usb: --input wave.csv
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if "${nobody[@]}" eddy --version > /dev/null 2>&1; then
  for mask in 022 077; do
    # shellcheck disable=SC2016
    says "no permission, umask $mask" 'no permission; install' bash -c 'umask "$1"; "${@:2}"' - $mask \
      with-board --mode 600 "${nobody[@]}" eddy run 10.eddy --device usb: --input wave.csv
  done
else
  echo 'skipped: no other user can run eddy here'
fi
eddy compile 10.onnx --weight-bits 8 --calibrate wave.csv -o w8.eddy --quiet
says 'another preset' 'built as preset sim-small, not sim-small-w8' with-board \
  eddy run w8.eddy --device usb: --input wave.csv
# shellcheck disable=SC2016
says 'a board that is held by another' 'in use by another program' with-board bash -c '
  mkfifo rows; eddy run 10.eddy --device usb: --follow < rows > held.csv & holder=$!
  exec 3> rows; echo 0.5 >&3; until [ -s held.csv ]; do sleep 0.05; done
  eddy run 10.eddy --device usb: --input wave.csv; code=$?; kill $holder; exit $code'
# shellcheck disable=SC2016
says 'a board that is reset by another' 'the board was reset' with-board bash -c '
  mkfifo resets; eddy run 10.eddy --device usb: --follow < resets > reset.csv & client=$!
  exec 3> resets; echo 0.5 >&3; until [ -s reset.csv ]; do sleep 0.05; done
  usbreset 1209:0001 > /dev/null; echo 0.5 >&3; exec 3>&-; wait $client'
# shellcheck disable=SC2016
holds 'a board that comes later' with-board bash -c 'echo unplug 0 > "$EDDY_BOARDS_CONTROL"
  (sleep 0.4; timeout 5 bash -c "echo plug 0 > $EDDY_BOARDS_CONTROL") > /dev/null 2>&1 &
  eddy run 10.eddy --device usb:wait=10 --input wave.csv'
# shellcheck disable=SC2016
holds 'a line to the boards in pieces' with-board bash -c 'printf unp > "$EDDY_BOARDS_CONTROL"; sleep 0.1
  echo "lug 0" > "$EDDY_BOARDS_CONTROL"; until ! lsusb -d 1209:0001; do sleep 0.05; done'
holds 'eddy devices' bash -c 'with-board --boards 2 eddy devices | grep "usb:serial=00000002  *8 "'
for line in 'bcdUSB  *1.10' 'iManufacturer  *1 Eddy' 'iProduct  *2 Eddy RNN engine' 'iSerial  *3 00000001' \
  'MaxPower  *100mA' 'bEndpointAddress  *0x01  EP 1 OUT' 'bEndpointAddress  *0x81  EP 1 IN'; do
  # shellcheck disable=SC2016
  holds "lsusb: $line" bash -c 'LANG=C.UTF-8 with-board lsusb -v -d 1209:0001 | grep "$1"' - "$line"
done
holds 'eddy doctor' bash -c 'with-board eddy doctor | grep "^usb: works"'
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
