// What usb_transactions promises whatever comes over the wires: nothing lost, nothing doubled, no answer unasked for.
reg [2:0] reset_q = 3'd7;  // clocks of reset to come, at the beginning
reg [7:0] written_q = 8'd0;  // bytes in the OUT queue, neither committed nor rolled back
always @(posedge clk) begin
  if (reset_q != 3'd0) reset_q <= reset_q - 3'd1;
  written_q <= !rst_n || out_commit_o || out_rollback_o ? 8'd0 : written_q + {7'd0, out_write_o};
end

// Packets as usb_rx gives them: each ends at most once; SYNC keeps them apart, bits keep bytes apart.
reg open_q = 1'b0;
reg [2:0] apart_q = 3'd0, byte_q = 3'd0;
always @(posedge clk) begin
  open_q <= rx_active_i || (open_q && !rx_end_i);
  byte_q <= rx_valid_i ? 3'd3 : byte_q - {2'd0, byte_q != 3'd0};
  apart_q <= rx_active_i || rx_end_i ? 3'd4 : apart_q - {2'd0, apart_q != 3'd0};
end

always @* begin
  assume (rst_n == (reset_q == 3'd0));
  assume (!rx_valid_i || (rx_active_i && was_active_q));
  assume (!(rx_valid_i || rx_end_i) || byte_q == 3'd0);
  assume (!rx_end_i || (open_q && !rx_active_i));
  assume (!rx_active_i || was_active_q || apart_q == 3'd0);
end

always @(posedge clk)
  if (rst_n && $past(rst_n)) begin
    // commits and rollbacks
    assert (!(out_commit_o && out_rollback_o));
    assert (!(in_commit_o && in_rollback_o));
    assert (!out_commit_o || !out_write_o);
    assert (written_q <= `USB_PACKET_BYTES);
    // ... for which bytes are counted from where they were none
    if (wait_q == DATA_PACKET && !begun_q) assert (!was_active_q);
    if (wait_q == DATA_PACKET && bulk_q && !begun_q && !out_rollback_o) assert (written_q == 8'd0 && !out_write_o);
    if (begun_q && wait_q == DATA_PACKET && bulk_q && bytes_q < 7'd3) assert (written_q == 8'd0 && !out_write_o);
    if (begun_q && wait_q == DATA_PACKET && bulk_q && bytes_q >= 7'd3) assert (written_q + {7'd0, out_write_o} <= {1'b0, bytes_q} - 8'd3);
    if (out_commit_o) begin
      assert (replying_q && tx_pid_o == ACK);
      assert ($past(data_good_q) && $past(room_q) && $past(bulk_q) && !$past(halt_out_i));
      assert ($past(pid_q[3]) == $past(toggle_out_q));
    end
    if (in_commit_o) assert ($past(ack_q));
    // toggles: one step with each packet that arrived
    if (!$past(clear_toggle_out_i)) assert ((toggle_out_q != $past(toggle_out_q)) == out_commit_o);
    if (!$past(clear_toggle_in_i)) assert ((toggle_in_q != $past(toggle_in_q)) == in_commit_o);
    // a packet whose acknowledgement was lost is sent again as it was
    if ($past(in_pending_q) && in_pending_q) assert (in_length_q == $past(in_length_q));
    if ($past(in_pending_q) && !in_pending_q) assert (in_commit_o || $past(flush_i));
    // an answer for each good token or data packet, and no other
    if (replying_q && !$past(replying_q)) assert ($past(token_end_q) || ($past(data_end_q) && $past(data_good_q)));
    if (tx_start_o) assert ($past(replying_q));
  end
