#!/bin/bash
# prove.sh BUILD -- proves what the queue across clocks and the transactions promise (hw/usb/*_properties.svh), the queue as deep
# as it is in the device.
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

# queue EXPECTED WHAT SOURCE DEPTH_LOG2: the pointers, or, with their promises, the data. One clock of two, one byte of the
# memory: hw/usb/usb_fifo_properties.svh.
queue() {
  local name copy defines
  name=$(basename "$3" .sv)-$2-$4
  copy=$folder/$name.sv
  defines=-DUSB_FIFO_POINTERS=assert
  [ "$2" = data ] && defines='-DUSB_FIFO_POINTERS=assume -DUSB_FIFO_DATA'
  sed 's/always @(posedge \(write\|read\)_clk)/always @(posedge clock) if (\1_clk)/
    s/    input  wire                write_clk,/    input  wire                clock,\n&/
    s/reg \[7:0\] bytes\[.*;/reg [7:0] kept;\n  (* anyconst *) wire [DEPTH_LOG2-1:0] place;\n  (* anyseq *) wire [7:0] other;/
    s/bytes\[\(write_q.*\)\] <= \(.*\);/if (\1 == place) kept <= \2;/
    s/<= bytes\[\(read_.*\)\];/<= \1 == place ? kept : other;/' "$3" > "$copy"
  proof "$name" "$1" sat "read_verilog -sv -formal -Ihw/usb $defines $copy; chparam -set DEPTH_LOG2 $4 usb_fifo;
    prep -top usb_fifo; async2sync; opt -full"
}

# flush EXPECTED SOURCE: what of usb_device flushes the queues.
flush() {
  local name copy
  name=$(basename "$2" .sv)-flush
  copy=$folder/$name.sv
  {
    echo 'module usb_flush (input wire clock, clk, engine_clk, device_rst_n, flush_request, output wire engine_rst_n);'
    sed -n '/---- flushing/,/assign engine_rst_n/p' "$2" |
      sed 's/always @(posedge \(clk\|engine_clk\))/always @(posedge clock) if (\1)/'
    echo '`include "usb_flush_properties.svh"'
    echo 'endmodule'
  } > "$copy"
  proof "$name" "$1" sat "read_verilog -sv -formal -Ihw/usb $copy; prep -top usb_flush; async2sync"
}

# lost NUMBER WHAT SED: a queue with a mistake; four bytes are enough to see it.
lost() {
  queue unproved "$2" "$(mistake hw/usb/usb_fifo.sv "$1" "$3")" 2
}

depth=$(sed -n 's/^  localparam DEPTH_LOG2 = \(.*\);/\1/p' hw/usb/usb_device.sv)
queue proved pointers hw/usb/usb_fifo.sv "$depth"
queue proved data hw/usb/usb_fifo.sv "$depth"
lost 1 pointers 's/wire \[W-1:0\] write_shown = .*/wire [W-1:0] write_shown = write_committed_q;/'
lost 2 pointers 's/write_free_o <= read_binary_q + /write_free_o <= ONE + read_binary_q + /'
lost 3 pointers 's/write_rollback_i) write_q <= write_committed_q/write_rollback_i) write_q <= write_shown_q/'
lost 4 pointers 's/read_used_o <= write_binary_q - /read_used_o <= write_committed_q - /'
lost 5 pointers 's/write_seen_q <= write_sync_q/write_seen_q <= write_gray_q + ONE/'
lost 6 pointers 's/read_gray_q  <= read_shown_q ^ .*/read_gray_q <= read_q ^ {1'"'b0"', read_q[W-1:1]};/'
lost 7 data 's/read_data_o  <= bytes\[read_q/read_data_o <= bytes[read_committed_q/'
lost 8 data 's/bytes\[write_q\(.*\)\] <= /bytes[write_q\1 ^ 1] <= /'
lost 9 data 's/if (write_i) bytes/bytes/'

flush proved hw/usb/usb_device.sv
flush unproved "$(mistake hw/usb/usb_device.sv 1 's/queues_rst_n = !(flushing_q || seen_q)/queues_rst_n = !flushing_q/')"
flush unproved "$(mistake hw/usb/usb_device.sv 2 's/ || (flushing_q \&\& !seen_q)//')"
flush unproved "$(mistake hw/usb/usb_device.sv 3 's/seen_sync_q <= engine_reset_q/seen_sync_q <= engine_reset_sync_q/')"

clocked='prep -top usb_transactions; async2sync'
usb proved hw/usb/usb_transactions.sv "$clocked"
broken usb_transactions 1 's/if (begun_q) wait_q <= NOTHING;//' "$clocked"
broken usb_transactions 2 's/end else if (fresh) begin/end else begin/' "$clocked"
broken usb_transactions 3 's/<= in_pending_q ? in_length_q : in_bytes_i/<= in_bytes_i/' "$clocked"
broken usb_transactions 4 's/tx_pid_o <= NAK;$/begin tx_pid_o <= NAK; toggle_out_q <= !toggle_out_q; end/' "$clocked"
verdict
