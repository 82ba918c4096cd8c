#!/bin/bash
# prove.sh BUILD -- proves by induction, with yosys' own solver, what the queue across clocks and the transactions promise
# (hw/usb/*_properties.svh); broken copies of each must not be proved. The queue is proved for 4 bytes.
set -u
folder=$1/prove/usb
mkdir -p "$folder"
passed=0 failed=0

# proof TOP EXPECTED SOURCE PASSES: EXPECTED is proved or unproved; PASSES make one clock of all.
proof() {
  local top=$1 expected=$2 source=$3 passes=$4 got=ERROR log
  log=$folder/$(basename "$source" .sv).log
  "${YOSYS:-yosys}" -p "read_verilog -sv -formal -Ihw/usb -DUSB_PACKET_BYTES=64 $source; $passes; opt_clean; dffunmap;
    sat -timeout 200 -prove-asserts -set-assumes -tempinduct -seq 1 -maxsteps 8 $top" > "$log" 2>&1
  grep -q 'Induction step proven: SUCCESS' "$log" && got=proved
  grep -Eq 'model found for base case: FAIL|Reached maximum number of time steps' "$log" && got=unproved
  if [ "$got" = "$expected" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $source: $got, expected $expected"
    tail -n 3 "$log"
  fi
}

# broken TOP NUMBER SED PASSES: the module with a mistake in it.
broken() {
  local copy=$folder/$1-broken-$2.sv
  sed "$3" "hw/usb/$1.sv" > "$copy"
  cmp -s "$copy" "hw/usb/$1.sv" && echo "$1: '$3' changes nothing"
  proof "$1" unproved "$copy" "$4"
}

queue='chparam -set DEPTH_LOG2 2 usb_fifo; prep -top usb_fifo; memory_map; clk2fflogic'
proof usb_fifo proved hw/usb/usb_fifo.sv "$queue"
broken usb_fifo 1 's/wire \[W-1:0\] write_shown = .*/wire [W-1:0] write_shown = write_committed_q;/' "$queue"
broken usb_fifo 2 's/write_free_o <= read_binary_q + /write_free_o <= ONE + read_binary_q + /' "$queue"
broken usb_fifo 3 's/write_rollback_i) write_q <= write_committed_q/write_rollback_i) write_q <= write_shown_q/' "$queue"
broken usb_fifo 4 's/read_used_o <= write_binary_q - /read_used_o <= write_committed_q - /' "$queue"

clocked='prep -top usb_transactions; async2sync'
proof usb_transactions proved hw/usb/usb_transactions.sv "$clocked"
broken usb_transactions 1 's/if (begun_q) wait_q <= NOTHING;//' "$clocked"
broken usb_transactions 2 's/end else if (fresh) begin/end else begin/' "$clocked"
broken usb_transactions 3 's/<= in_pending_q ? in_length_q : in_bytes_i/<= in_bytes_i/' "$clocked"
broken usb_transactions 4 's/tx_pid_o <= NAK;$/begin tx_pid_o <= NAK; toggle_out_q <= !toggle_out_q; end/' "$clocked"

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s)."
[ "$failed" = 0 ]
