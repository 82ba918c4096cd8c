// Transactions: tokens for this device, data toggles, handshakes, what is sent again after a lost answer. Three
// endpoints: 0 (control), 1 OUT, 1 IN.
`default_nettype none

module usb_transactions (
    input  wire        clk,
    input  wire        rst_n,
    // packets received (usb_rx)
    input  wire [ 7:0] rx_data_i,
    input  wire        rx_valid_i,
    input  wire        rx_active_i,
    input  wire        rx_end_i,
    input  wire        rx_good_i,
    input  wire        rx_crc5_good_i,
    input  wire        rx_crc16_good_i,
    // packets to send (usb_tx)
    output reg         tx_start_o,
    output reg  [ 3:0] tx_pid_o,
    output wire        tx_more_o,
    output wire [ 7:0] tx_data_o,
    input  wire        tx_next_i,
    input  wire        tx_active_i,
    // control (usb_control)
    output reg  [63:0] setup_o,
    output reg         setup_valid_o,        // setup_o is a new request
    input  wire [ 6:0] address_i,
    input  wire        configured_i,
    input  wire        control_stall_i,
    input  wire        control_busy_i,
    input  wire        control_in_i,         // the request has a data stage, to the host
    input  wire        control_more_i,
    input  wire [ 7:0] control_data_i,
    output wire        control_next_o,
    output reg         control_again_o,      // the data is sent from its beginning
    output reg         control_sent_o,       // the data arrived
    output reg         control_done_o,       // the status stage is over
    input  wire        halt_out_i,
    input  wire        halt_in_i,
    input  wire        clear_toggle_out_i,
    input  wire        clear_toggle_in_i,
    input  wire        flush_i,              // both queues are empty from now on
    // bulk OUT, a packet at a time: bytes, then commit or rollback
    input  wire        out_room_i,           // for a whole packet
    output reg         out_write_o,
    output reg  [ 7:0] out_data_o,
    output reg         out_commit_o,
    output reg         out_rollback_o,
    // bulk IN
    input  wire [ 6:0] in_bytes_i,           // that the next packet can have
    input  wire [ 7:0] in_data_i,
    output wire        in_read_o,
    output reg         in_commit_o,
    output reg         in_rollback_o
);
  localparam [3:0] OUT = 4'h1, IN = 4'h9, SETUP = 4'hd, DATA0 = 4'h3, DATA1 = 4'hb;
  localparam [3:0] ACK = 4'h2, NAK = 4'ha, STALL = 4'he;
  // The host answers within 18 bit times; then nobody is waiting for us any more.
  localparam [6:0] TIMEOUT_CLOCKS = 7'd120;
  // From the end of its packet to ours: 2 to 6.5 bit times, with what rx and tx add.
  localparam [2:0] TURNAROUND_CLOCKS = 3'd3;

  // ---- the packet that comes in ----
  reg [3:0] pid_q;
  reg pid_good_q, was_active_q;
  reg [6:0] bytes_q;      // since the PID, at most 127
  reg [7:0] last_q, before_q;
  wire payload = rx_valid_i && bytes_q != 7'd0;
  wire [10:0] token = {last_q[2:0], before_q};
  // What a packet is has been settled when it ends.
  reg in_pending_q;  // a bulk IN packet was sent and not acknowledged
  reg in_full_q;     // the latest that arrived was a full one: with nothing to follow, an empty one ends the transfer
  reg token_here_q, is_data_q, in_empty_q, is_in_q, is_setup_q, takes_data_q;
  wire token_here = rx_crc5_good_i && bytes_q == 7'd3 && token[6:0] == address_i &&
      (token[10:7] == 4'd0 || (token[10:7] == 4'd1 && configured_i && pid_q != SETUP));

  wire is_data = pid_q[2:0] == 3'b011 && pid_good_q && rx_good_i && rx_crc16_good_i &&
      bytes_q >= 7'd3 && bytes_q <= 7'd3 + `USB_PACKET_BYTES;

  // bytes_q counts the PID, too; the bytes of a data packet leave two late, without the CRC.
  always @(posedge clk) begin
    was_active_q <= rx_active_i;
    if (rx_active_i && !was_active_q) bytes_q <= 7'd0;
    else if (rx_valid_i) bytes_q <= bytes_q + {6'd0, bytes_q != 7'd127};
    if (rx_valid_i && bytes_q == 7'd0) begin
      pid_q <= rx_data_i[3:0];
      pid_good_q <= rx_data_i[3:0] == ~rx_data_i[7:4];
    end
    token_here_q <= token_here;
    in_empty_q <= !in_pending_q && in_bytes_i == 7'd0 && !in_full_q;
    is_data_q <= is_data;
    is_in_q <= pid_q == IN;
    is_setup_q <= pid_q == SETUP;
    takes_data_q <= pid_q == OUT || pid_q == SETUP;
    if (payload) begin
      last_q   <= rx_data_i;
      before_q <= last_q;
    end
  end

  // ---- what the bus waits for ----
  localparam [1:0] NOTHING = 2'd0, DATA_PACKET = 2'd1, HANDSHAKE = 2'd2;
  reg [1:0] wait_q;
  reg [6:0] timeout_q;
  reg setup_write_q;
  reg setup_q, bulk_q;          // of the token
  reg begun_q;                  // the data packet has begun: if it is cut off, the next is not it
  reg room_q;
  reg toggle_out_q, toggle_in_q, toggle_control_q;
  reg [6:0] in_length_q, left_q;
  reg replying_q;
  reg [2:0] turnaround_q;

  wire fresh = pid_q[3] == toggle_out_q;

  // A packet's end, a clock late, with what it was.
  reg end_q, token_end_q, data_end_q, data_good_q, ack_q;
  always @(posedge clk) begin
    end_q <= rx_end_i;
    token_end_q <= rx_end_i && rx_good_i && pid_good_q && pid_q[1:0] == 2'b01 && token_here_q;
    data_end_q <= rx_end_i && wait_q == DATA_PACKET;
    data_good_q <= is_data_q && (!setup_q || (pid_q == DATA0 && bytes_q == 7'd11));
    ack_q <= rx_end_i && rx_good_i && pid_good_q && wait_q == HANDSHAKE && pid_q == ACK && bytes_q == 7'd1;
  end

  always @(posedge clk) begin
    out_write_o <= payload && bytes_q >= 7'd3 && bytes_q < 7'd3 + `USB_PACKET_BYTES &&
        wait_q == DATA_PACKET && bulk_q && room_q && pid_q[1:0] == 2'b11;
    out_data_o <= before_q;
  end

  // ---- what is sent ----
  assign tx_more_o = bulk_q ? left_q != 7'd0 : control_more_i;
  assign tx_data_o = bulk_q ? in_data_i : control_data_i;
  assign in_read_o = tx_next_i && bulk_q;
  assign control_next_o = tx_next_i && !bulk_q;

  always @(posedge clk) begin
    tx_start_o <= 1'b0;
    setup_valid_o <= 1'b0;
    control_again_o <= 1'b0;
    control_sent_o <= 1'b0;
    control_done_o <= 1'b0;
    out_commit_o <= 1'b0;
    out_rollback_o <= 1'b0;
    in_commit_o <= 1'b0;
    in_rollback_o <= 1'b0;

    setup_write_q <= payload && bytes_q >= 7'd3 && bytes_q <= 7'd10 && wait_q == DATA_PACKET && setup_q;
    if (setup_write_q) setup_o <= {out_data_o, setup_o[63:8]};
    if (in_read_o) left_q <= left_q - 7'd1;

    // Nobody waits for ever.
    if (tx_active_i || rx_active_i || rx_end_i) timeout_q <= TIMEOUT_CLOCKS;
    else if (timeout_q != 7'd0) timeout_q <= timeout_q - 7'd1;
    if (timeout_q == 7'd0) wait_q <= NOTHING;

    if (replying_q) begin
      if (turnaround_q == 3'd0) begin
        replying_q <= 1'b0;
        tx_start_o <= 1'b1;
      end
    end

    if (rx_active_i && !was_active_q) begin
      begun_q <= wait_q == DATA_PACKET;
      if (begun_q) wait_q <= NOTHING;
    end
    if (end_q) begin
      wait_q  <= NOTHING;
      begun_q <= 1'b0;
    end
    turnaround_q <= replying_q ? turnaround_q - 3'd1 : TURNAROUND_CLOCKS;

    // ---- a handshake of the host ----
    if (ack_q) begin
      if (bulk_q) begin
        in_commit_o  <= 1'b1;
        in_pending_q <= 1'b0;
        in_full_q    <= in_length_q == 7'd`USB_PACKET_BYTES;
        toggle_in_q  <= !toggle_in_q;
      end else begin
        toggle_control_q <= !toggle_control_q;
        control_sent_o <= control_in_i;
        control_done_o <= !control_in_i;
      end
    end

    // ---- data of the host ----
    if (data_end_q) begin
      out_rollback_o <= bulk_q;
      if (data_good_q) begin
        replying_q <= 1'b1;
        tx_pid_o   <= ACK;
        if (setup_q) begin
          setup_valid_o <= 1'b1;
          toggle_control_q <= 1'b1;
        end else if (!bulk_q) begin
          if (control_stall_i || !control_in_i) tx_pid_o <= STALL;
        end else if (halt_out_i) begin
          tx_pid_o <= STALL;
        end else if (!room_q) begin
          tx_pid_o <= NAK;
        end else if (fresh) begin
          out_commit_o   <= 1'b1;
          out_rollback_o <= 1'b0;
          toggle_out_q   <= !toggle_out_q;
        end
      end
    end

    // ---- a token ----
    if (token_end_q) begin
      bulk_q  <= token[7];
      setup_q <= is_setup_q;
      room_q  <= out_room_i;
      if (takes_data_q) wait_q <= DATA_PACKET;
      if (takes_data_q && !is_setup_q) out_rollback_o <= token[7];  // what was cut off
      if (is_in_q) begin
        replying_q <= 1'b1;
        control_again_o <= !token[7];
        if (token[7] ? halt_in_i : control_stall_i) begin
          tx_pid_o <= STALL;
        end else if (token[7] ? in_empty_q : control_busy_i) begin
          tx_pid_o <= NAK;
        end else begin
          tx_pid_o <= (token[7] ? toggle_in_q : toggle_control_q) ? DATA1 : DATA0;
          wait_q   <= HANDSHAKE;
        end
        if (token[7] && !halt_in_i) begin
          in_rollback_o <= in_pending_q;
          in_pending_q  <= !in_empty_q;
          in_length_q   <= in_pending_q ? in_length_q : in_bytes_i;
          left_q        <= in_pending_q ? in_length_q : in_bytes_i;
        end
      end
    end

    if (clear_toggle_out_i) toggle_out_q <= 1'b0;
    if (clear_toggle_in_i) toggle_in_q <= 1'b0;
    if (flush_i) begin
      in_pending_q <= 1'b0;
      in_full_q <= 1'b0;
    end
    if (!rst_n) begin
      wait_q <= NOTHING;
      begun_q <= 1'b0;
      replying_q <= 1'b0;
      toggle_out_q <= 1'b0;
      toggle_in_q <= 1'b0;
      in_pending_q <= 1'b0;
      in_full_q <= 1'b0;
      setup_q <= 1'b0;
      bulk_q <= 1'b0;
    end
  end

`ifdef FORMAL
  `include "usb_transactions_properties.svh"
`endif
endmodule

`default_nettype wire
