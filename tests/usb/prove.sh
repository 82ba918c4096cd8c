#!/bin/bash
# prove.sh BUILD -- proves what the queue across clocks and the transactions promise (hw/usb/*_properties.svh). The queue is
# proved for 4 bytes.
set -u
folder=$1/prove/usb
# shellcheck source=tests/support/prove.sh
. tests/support/prove.sh

# usb EXPECTED SOURCE PASSES
usb() {
  proof "$(basename "$2" .sv)" "$1" sat "read_verilog -sv -formal -Ihw/usb -DUSB_PACKET_BYTES=64 $2; $3"
}

# broken TOP NUMBER SED PASSES
broken() {
  usb unproved "$(mistake "hw/usb/$1.sv" "$2" "$3")" "$4"
}

queue='chparam -set DEPTH_LOG2 2 usb_fifo; prep -top usb_fifo; memory_map; clk2fflogic'
usb proved hw/usb/usb_fifo.sv "$queue"
broken usb_fifo 1 's/wire \[W-1:0\] write_shown = .*/wire [W-1:0] write_shown = write_committed_q;/' "$queue"
broken usb_fifo 2 's/write_free_o <= read_binary_q + /write_free_o <= ONE + read_binary_q + /' "$queue"
broken usb_fifo 3 's/write_rollback_i) write_q <= write_committed_q/write_rollback_i) write_q <= write_shown_q/' "$queue"
broken usb_fifo 4 's/read_used_o <= write_binary_q - /read_used_o <= write_committed_q - /' "$queue"

clocked='prep -top usb_transactions; async2sync'
usb proved hw/usb/usb_transactions.sv "$clocked"
broken usb_transactions 1 's/if (begun_q) wait_q <= NOTHING;//' "$clocked"
broken usb_transactions 2 's/end else if (fresh) begin/end else begin/' "$clocked"
broken usb_transactions 3 's/<= in_pending_q ? in_length_q : in_bytes_i/<= in_bytes_i/' "$clocked"
broken usb_transactions 4 's/tx_pid_o <= NAK;$/begin tx_pid_o <= NAK; toggle_out_q <= !toggle_out_q; end/' "$clocked"
verdict
