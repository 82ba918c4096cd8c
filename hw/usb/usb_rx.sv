// From the wires to bytes: 12 Mb/s sampled at 48 MHz. The clock is recovered from the edges; then NRZI, stuffed
// bits, SYNC and EOP. Also the two states of an idle line: reset and suspend.
`default_nettype none

module usb_rx (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       dp_i,
    input  wire       dm_i,
    input  wire       transmitting_i,  // the wires are ours: nothing is received
    output reg  [7:0] data_o,
    output reg        valid_o,         // data_o is a new byte; the first of a packet is its PID
    output reg        active_o,        // between SYNC and EOP
    output reg        end_o,           // a packet ended just now
    output reg        good_o,          // with end_o: whole bytes, no stuffed bit was wrong
    output reg        crc5_good_o,     // up to the latest byte, since the PID
    output reg        crc16_good_o,
    output reg        bus_reset_o,     // SE0 for 2.5 us
    output wire       suspended_o      // idle for 3 ms
);
  localparam RESET_CLOCKS = 120, SUSPEND_CLOCKS = 144000;

  // ---- line and clock recovery ----
  reg [2:0] dp_q, dm_q;
  reg [1:0] phase_q;
  wire edge_seen = dp_q[1] != dp_q[2] || dm_q[1] != dm_q[2];
  wire line_se0 = !dp_q[1] && !dm_q[1];
  // The third of the four samples of a bit, a clock late.
  reg sample, se0, is_j, value;
  reg last_j_q;

  always @(posedge clk) begin
    dp_q <= {dp_q[1:0], dp_i};
    dm_q <= {dm_q[1:0], dm_i};
    phase_q <= edge_seen ? 2'd0 : phase_q + 2'd1;
    sample <= phase_q == 2'd1;
    se0 <= line_se0;
    is_j <= dp_q[1] && !dm_q[1];
    value <= (dp_q[1] && !dm_q[1]) == last_j_q;
  end

  // ---- reset and suspend ----
  reg [17:0] still_q;  // clocks since the line changed
  assign suspended_o = still_q[17:4] == SUSPEND_CLOCKS[17:4];
  always @(posedge clk) begin
    if (!rst_n || edge_seen || transmitting_i) still_q <= 18'd0;
    else if (!suspended_o) still_q <= still_q + 18'd1;
    bus_reset_o <= rst_n && line_se0 && !edge_seen && (bus_reset_o || still_q >= RESET_CLOCKS);
  end

  // ---- bits ----
  reg failed_q, ending_q;
  reg [4:0] sync_q;
  reg [3:0] ones_q;
  reg [2:0] count_q;
  reg [7:1] shift_q;
  reg pid_q;  // the PID has been received
  wire stuffed = ones_q == 4'd6;
  wire [4:0] crc5;
  wire [15:0] crc16;
  wire data_bit = sample && active_o && !se0 && !failed_q && !stuffed;

  usb_crc #(
      .WIDTH(5),
      .POLY (5'h05)
  ) crc5_unit (
      .clk(clk),
      .clear_i(!active_o),
      .shift_i(data_bit && pid_q),
      .bit_i(value),
      .crc_o(crc5)
  );
  usb_crc crc16_unit (
      .clk(clk),
      .clear_i(!active_o),
      .shift_i(data_bit && pid_q),
      .bit_i(value),
      .crc_o(crc16)
  );

  always @(posedge clk) begin
    valid_o <= 1'b0;
    end_o <= 1'b0;
    if (valid_o) begin
      crc5_good_o <= crc5 == 5'h0c;
      crc16_good_o <= crc16 == 16'h800d;
      pid_q <= 1'b1;
    end
    if (sample) begin
      last_j_q <= is_j;
      sync_q <= {sync_q[3:0], value || se0};
      ones_q <= !value || (stuffed && !failed_q) ? 4'd0 : ones_q + {3'd0, ones_q != 4'd15};
      if (ending_q && !se0) begin
        ending_q <= 1'b0;
        end_o <= is_j;
      end
      if (active_o && se0) begin
        active_o <= 1'b0;
        ending_q <= 1'b1;
        good_o <= !failed_q && count_q <= 3'd1;  // a hub may add one bit
      end else if (active_o && stuffed && value) begin
        failed_q <= 1'b1;
      end else if (active_o && failed_q && ones_q == 4'd7) begin
        active_o <= 1'b0;  // cut off without an EOP
      end else if (data_bit) begin
        shift_q <= {value, shift_q[7:2]};
        count_q <= count_q + 3'd1;
        if (count_q == 3'd7) begin
          data_o  <= {value, shift_q[7:1]};
          valid_o <= 1'b1;
        end
      end else if (!active_o && !se0 && {sync_q, value} == 6'b000001) begin
        active_o <= 1'b1;
        failed_q <= 1'b0;
        count_q <= 3'd0;
        ones_q <= 4'd1;
        pid_q <= 1'b0;
        crc5_good_o <= 1'b0;
        crc16_good_o <= 1'b0;
      end
    end
    if (!rst_n || transmitting_i || bus_reset_o) begin
      active_o <= 1'b0;
      ending_q <= 1'b0;
      end_o <= 1'b0;
      sync_q <= 5'h1f;
      last_j_q <= 1'b1;
    end
  end
endmodule

`default_nettype wire
