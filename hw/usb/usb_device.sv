// A USB full-speed device whose bulk endpoints are two AXI4-Streams of 16-bit words in a clock of their own.
`default_nettype none

module usb_device (
    input  wire        clk,                     // 48 MHz
    input  wire        rst_n,
    // the wires, and the resistor of 1.5 kohm that pulls D+ up
    input  wire        dp_i,
    input  wire        dm_i,
    output wire        dp_o,
    output wire        dm_o,
    output wire        oe_o,
    output wire        pullup_o,
    input  wire [31:0] serial_i,                // eight hexadecimal digits of the serial number
    output wire        configured_o,
    output wire        suspended_o,
    // the engine's side
    input  wire        engine_clk,
    output wire        engine_rst_n,            // low at power-on, on a bus reset, on EDDY_USB_REQUEST_RESET
    output wire [15:0] m_axis_commands_tdata,
    output wire        m_axis_commands_tvalid,
    input  wire        m_axis_commands_tready,
    input  wire [15:0] s_axis_results_tdata,
    input  wire        s_axis_results_tvalid,
    output wire        s_axis_results_tready
);
  localparam DEPTH_LOG2 = 9;
  wire [7:0] rx_data, tx_data, control_data, out_data, in_data;
  wire rx_valid, rx_active, rx_end, rx_good, rx_crc5_good, rx_crc16_good, bus_reset;
  wire tx_start, tx_more, tx_next, tx_active;
  wire [3:0] tx_pid;
  wire [63:0] setup;
  wire setup_valid, control_stall, control_busy, control_in, control_more, control_next;
  wire control_again, control_sent, control_done;
  wire [6:0] address;
  wire halt_out, halt_in, clear_toggle_out, clear_toggle_in, flush_request;
  wire out_write, out_commit, out_rollback, in_read, in_commit, in_rollback;
  wire [DEPTH_LOG2:0] out_free, in_used;
  wire device_rst_n = rst_n && !bus_reset;

  assign pullup_o = rst_n;

  // ---- flushing: both sides are held in reset until each has seen the other in it ----
  reg flushing_q, engine_reset_sync_q, engine_reset_q, seen_sync_q, seen_q;
  wire queues_rst_n = !(flushing_q || seen_q);
  always @(posedge clk) begin
    seen_sync_q <= engine_reset_q;
    seen_q <= seen_sync_q;
    flushing_q <= !device_rst_n || flush_request || (flushing_q && !seen_q);
  end
  always @(posedge engine_clk) begin
    engine_reset_sync_q <= flushing_q;
    engine_reset_q <= engine_reset_sync_q;
  end
  assign engine_rst_n = !engine_reset_q;

  usb_rx rx (
      .clk(clk),
      .rst_n(rst_n),
      .dp_i(dp_i),
      .dm_i(dm_i),
      .transmitting_i(tx_active),
      .data_o(rx_data),
      .valid_o(rx_valid),
      .active_o(rx_active),
      .end_o(rx_end),
      .good_o(rx_good),
      .crc5_good_o(rx_crc5_good),
      .crc16_good_o(rx_crc16_good),
      .bus_reset_o(bus_reset),
      .suspended_o(suspended_o)
  );

  usb_tx tx (
      .clk(clk),
      .rst_n(device_rst_n),
      .start_i(tx_start),
      .pid_i(tx_pid),
      .more_i(tx_more),
      .data_i(tx_data),
      .next_o(tx_next),
      .active_o(tx_active),
      .oe_o(oe_o),
      .dp_o(dp_o),
      .dm_o(dm_o)
  );

  // Both a clock late: nobody reads or writes then.
  reg out_room_q;
  reg [6:0] in_bytes_q;
  always @(posedge clk) begin
    out_room_q <= out_free >= `USB_PACKET_BYTES && queues_rst_n;
    in_bytes_q <= in_used >= `USB_PACKET_BYTES ? 7'd`USB_PACKET_BYTES : {in_used[6:1], 1'b0};
    if (!queues_rst_n) in_bytes_q <= 7'd0;
  end

  usb_transactions transactions (
      .clk(clk),
      .rst_n(device_rst_n),
      .rx_data_i(rx_data),
      .rx_valid_i(rx_valid),
      .rx_active_i(rx_active),
      .rx_end_i(rx_end),
      .rx_good_i(rx_good),
      .rx_crc5_good_i(rx_crc5_good),
      .rx_crc16_good_i(rx_crc16_good),
      .tx_start_o(tx_start),
      .tx_pid_o(tx_pid),
      .tx_more_o(tx_more),
      .tx_data_o(tx_data),
      .tx_next_i(tx_next),
      .tx_active_i(tx_active),
      .setup_o(setup),
      .setup_valid_o(setup_valid),
      .address_i(address),
      .configured_i(configured_o),
      .control_stall_i(control_stall),
      .control_busy_i(control_busy),
      .control_in_i(control_in),
      .control_more_i(control_more),
      .control_data_i(control_data),
      .control_next_o(control_next),
      .control_again_o(control_again),
      .control_sent_o(control_sent),
      .control_done_o(control_done),
      .halt_out_i(halt_out),
      .halt_in_i(halt_in),
      .clear_toggle_out_i(clear_toggle_out),
      .clear_toggle_in_i(clear_toggle_in),
      .flush_i(flushing_q),
      .out_room_i(out_room_q),
      .out_write_o(out_write),
      .out_data_o(out_data),
      .out_commit_o(out_commit),
      .out_rollback_o(out_rollback),
      .in_bytes_i(in_bytes_q),
      .in_data_i(in_data),
      .in_read_o(in_read),
      .in_commit_o(in_commit),
      .in_rollback_o(in_rollback)
  );

  usb_control control (
      .clk(clk),
      .rst_n(device_rst_n),
      .setup_i(setup),
      .setup_valid_i(setup_valid),
      .serial_i(serial_i),
      .address_o(address),
      .configured_o(configured_o),
      .stall_o(control_stall),
      .busy_o(control_busy),
      .in_o(control_in),
      .more_o(control_more),
      .data_o(control_data),
      .next_i(control_next),
      .again_i(control_again),
      .sent_i(control_sent),
      .done_i(control_done),
      .halt_out_o(halt_out),
      .halt_in_o(halt_in),
      .clear_toggle_out_o(clear_toggle_out),
      .clear_toggle_in_o(clear_toggle_in),
      .flush_o(flush_request),
      .flushing_i(!queues_rst_n)
  );

  // ---- bytes from the bus, words to the engine ----
  wire [7:0] command_byte;
  wire [DEPTH_LOG2:0] commands_used;
  /* verilator lint_off UNUSEDSIGNAL */
  wire [DEPTH_LOG2:0] results_free;  // its last two bits are not worth a look
  /* verilator lint_on UNUSEDSIGNAL */
  wire command_read, result_write;
  wire [7:0] result_byte;
  usb_fifo #(
      .DEPTH_LOG2(DEPTH_LOG2)
  ) commands (
      .write_clk(clk),
      .write_rst_n(queues_rst_n),
      .write_i(out_write),
      .write_data_i(out_data),
      .write_commit_i(out_commit),
      .write_rollback_i(out_rollback),
      .write_free_o(out_free),
      .read_clk(engine_clk),
      .read_rst_n(engine_rst_n),
      .read_i(command_read),
      .read_data_o(command_byte),
      .read_commit_i(1'b1),
      .read_rollback_i(1'b0),
      .read_used_o(commands_used)
  );
  usb_fifo #(
      .DEPTH_LOG2(DEPTH_LOG2)
  ) results (
      .write_clk(engine_clk),
      .write_rst_n(engine_rst_n),
      .write_i(result_write),
      .write_data_i(result_byte),
      .write_commit_i(1'b1),
      .write_rollback_i(1'b0),
      .write_free_o(results_free),
      .read_clk(clk),
      .read_rst_n(queues_rst_n),
      .read_i(in_read),
      .read_data_o(in_data),
      .read_commit_i(in_commit),
      .read_rollback_i(in_rollback),
      .read_used_o(in_used)
  );

  usb_words words (
      .clk(engine_clk),
      .rst_n(engine_rst_n),
      .byte_i(command_byte),
      .byte_valid_i(commands_used != 0),
      .byte_read_o(command_read),
      .m_axis_tdata(m_axis_commands_tdata),
      .m_axis_tvalid(m_axis_commands_tvalid),
      .m_axis_tready(m_axis_commands_tready),
      .s_axis_tdata(s_axis_results_tdata),
      .s_axis_tvalid(s_axis_results_tvalid),
      .s_axis_tready(s_axis_results_tready),
      .room_i(results_free[DEPTH_LOG2:2] != 0),
      .byte_write_o(result_write),
      .byte_o(result_byte)
  );
endmodule

`default_nettype wire
