// From bytes to the wires: SYNC, PID, the payload and CRC16 of data packets, stuffed bits, NRZI, EOP.
`default_nettype none

module usb_tx (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       start_i,   // send a packet; only when !active_o
    input  wire [3:0] pid_i,
    input  wire       more_i,    // there is a payload byte
    input  wire [7:0] data_i,
    output reg        next_o,    // the payload byte was taken, a clock ago
    output wire       active_o,
    output reg        oe_o,
    output reg        dp_o,
    output reg        dm_o
);
  localparam IDLE = 3'd0, SYNC = 3'd1, PID = 3'd2, DATA = 3'd3, CRC = 3'd4, EOP = 3'd5;
  reg [2:0] state_q;
  reg [1:0] phase_q;
  reg [3:0] count_q;
  reg [7:0] shift_q;
  reg [2:0] ones_q;
  reg [3:0] pid_q;
  /* verilator lint_off UNUSEDSIGNAL */
  wire [15:0] crc;
  /* verilator lint_on UNUSEDSIGNAL */
  wire strobe = phase_q == 2'd3;
  wire stuff = ones_q == 3'd6;
  wire last = count_q[2:0] == 3'd7 && (state_q != CRC || count_q[3]);
  wire value = !stuff && (state_q == CRC ? !crc[15] : shift_q[0]);
  wire step = strobe && state_q != IDLE && state_q != EOP && !stuff;
  wire load = step && last && (state_q == PID || state_q == DATA);

  assign active_o = state_q != IDLE;
  wire take = load && pid_q[1:0] == 2'b11 && more_i;

  usb_crc crc_unit (
      .clk(clk),
      .clear_i(state_q == PID),
      .shift_i(step),
      .bit_i(state_q == CRC ? crc[15] : shift_q[0]),  // in the end it is shifted out
      .crc_o(crc)
  );

  always @(posedge clk) begin
    next_o  <= take;
    phase_q <= phase_q + 2'd1;
    if (state_q == IDLE) begin
      oe_o <= 1'b0;
      dp_o <= 1'b1;
      dm_o <= 1'b0;
      ones_q <= 3'd0;
      count_q <= 4'd0;
      shift_q <= 8'h80;
      pid_q <= pid_i;
      phase_q <= 2'd3;
      if (start_i) state_q <= SYNC;
    end else if (strobe && (state_q != EOP || stuff)) begin
      oe_o <= 1'b1;
      if (!value) begin
        dp_o <= !dp_o;
        dm_o <= dp_o;
      end
      ones_q <= value ? ones_q + 3'd1 : 3'd0;
    end else if (strobe) begin  // EOP: two bits of SE0, one of J
      count_q <= count_q + 4'd1;
      dp_o <= count_q[1];
      dm_o <= 1'b0;
      if (count_q == 4'd3) begin
        state_q <= IDLE;
        oe_o <= 1'b0;
      end
    end
    if (step) begin
      shift_q <= {1'b0, shift_q[7:1]};
      count_q <= count_q + 4'd1;
      if (last) begin
        count_q <= 4'd0;
        case (state_q)
          SYNC: begin
            state_q <= PID;
            shift_q <= {~pid_q, pid_q};
          end
          PID, DATA: begin
            shift_q <= data_i;
            state_q <= take ? DATA : pid_q[1:0] == 2'b11 ? CRC : EOP;
          end
          default: state_q <= EOP;
        endcase
      end
    end
    if (!rst_n) begin
      state_q <= IDLE;
      oe_o <= 1'b0;
    end
  end
endmodule

`default_nettype wire
