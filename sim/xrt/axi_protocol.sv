// Watches an AXI4 port without IDs for breaches of the protocol, on both sides of it. broken is sticky, a bit a rule. AXI4-Lite
// is AXI4 with bursts of one beat.
`default_nettype none

module axi_protocol #(
    parameter DATA_BITS = 32,
    parameter OUTSTANDING_LOG2 = 6,
    parameter DATA_AFTER_ADDRESS = 1  // as the master does; AXI leaves it free
) (
    input  wire                   clk,
    input  wire                   rst_n,
    input  wire [63:0]            awaddr,
    input  wire [7:0]             awlen,
    input  wire [2:0]             awsize,
    input  wire [1:0]             awburst,
    input  wire                   awvalid,
    input  wire                   awready,
    input  wire [DATA_BITS-1:0]   wdata,
    input  wire [DATA_BITS/8-1:0] wstrb,
    input  wire                   wlast,
    input  wire                   wvalid,
    input  wire                   wready,
    input  wire [1:0]             bresp,
    input  wire                   bvalid,
    input  wire                   bready,
    input  wire [63:0]            araddr,
    input  wire [7:0]             arlen,
    input  wire [2:0]             arsize,
    input  wire [1:0]             arburst,
    input  wire                   arvalid,
    input  wire                   arready,
    input  wire [DATA_BITS-1:0]   rdata,
    input  wire [1:0]             rresp,
    input  wire                   rlast,
    input  wire                   rvalid,
    input  wire                   rready,
    output reg  [15:0]            broken
);
  localparam DEPTH = 1 << OUTSTANDING_LOG2;
  localparam [OUTSTANDING_LOG2:0] ONE = 1;
  localparam integer BEAT_BYTES = DATA_BITS / 8;
  localparam [63:0] BEAT_MASK = 64'(BEAT_BYTES) - 64'd1;
  reg [7:0] write_lengths[0:DEPTH-1], read_lengths[0:DEPTH-1];
  reg [OUTSTANDING_LOG2:0] aw_count, w_count, b_count, ar_count, r_count;
  reg [7:0] w_beat, r_beat;

  // The port a cycle before: what must not change once valid.
  reg was_reset;
  reg [63:0] was_awaddr, was_araddr;
  reg [12:0] was_aw, was_ar;
  reg [DATA_BITS+DATA_BITS/8:0] was_w;
  reg [DATA_BITS+2:0] was_r;
  reg [1:0] was_b;
  reg aw_held, w_held, b_held, ar_held, r_held;

  wire aw_take = awvalid && awready, w_take = wvalid && wready, b_take = bvalid && bready;
  wire ar_take = arvalid && arready, r_take = rvalid && rready;
  wire [12:0] aw_end = {1'b0, awaddr[11:0]} + ({5'b0, awlen} + 13'd1) * 13'(DATA_BITS / 8);
  wire [12:0] ar_end = {1'b0, araddr[11:0]} + ({5'b0, arlen} + 13'd1) * 13'(DATA_BITS / 8);
  wire [7:0] w_length = write_lengths[w_count[OUTSTANDING_LOG2-1:0]];
  wire [7:0] r_length = read_lengths[r_count[OUTSTANDING_LOG2-1:0]];

  wire [15:0] breach = {
    // stable until taken
    aw_held && !(awvalid && was_awaddr == awaddr && was_aw == {awlen, awsize, awburst}),
    w_held && !(wvalid && was_w == {wdata, wstrb, wlast}),
    b_held && !(bvalid && was_b == bresp),
    ar_held && !(arvalid && was_araddr == araddr && was_ar == {arlen, arsize, arburst}),
    r_held && !(rvalid && was_r == {rdata, rresp, rlast}),
    // bursts within 4 KiB, aligned, of whole beats, incrementing
    awvalid && aw_end > 13'd4096,
    arvalid && ar_end > 13'd4096,
    awvalid && (awaddr & BEAT_MASK) != 0,
    arvalid && (araddr & BEAT_MASK) != 0,
    awvalid && (awburst != 2'b01 || awsize != 3'($clog2(DATA_BITS / 8))),
    arvalid && (arburst != 2'b01 || arsize != 3'($clog2(DATA_BITS / 8))),
    // as many beats as announced
    w_take && w_count != aw_count && wlast != (w_beat == w_length),
    DATA_AFTER_ADDRESS != 0 && wvalid && w_count == aw_count && !aw_take,
    rvalid && (r_count == ar_count || rlast != (r_beat == r_length)),
    // an answer for each burst written, none without; EXOKAY answers no access of ours
    bvalid && (b_count == w_count || b_count == aw_count || bresp == 2'b01),
    // nothing valid in the cycle after a reset
    was_reset && (awvalid || wvalid || arvalid || bvalid || rvalid)
  };

  always @(posedge clk) begin
    was_awaddr <= awaddr;
    was_araddr <= araddr;
    was_aw <= {awlen, awsize, awburst};
    was_ar <= {arlen, arsize, arburst};
    was_w <= {wdata, wstrb, wlast};
    was_r <= {rdata, rresp, rlast};
    was_b <= bresp;
    was_reset <= !rst_n;
    if (aw_take) write_lengths[aw_count[OUTSTANDING_LOG2-1:0]] <= awlen;
    if (ar_take) read_lengths[ar_count[OUTSTANDING_LOG2-1:0]] <= arlen;
    if (!rst_n) begin
      {aw_held, w_held, b_held, ar_held, r_held} <= '0;
      {aw_count, w_count, b_count, ar_count, r_count} <= '0;
      {w_beat, r_beat} <= '0;
      broken <= 0;
    end else begin
      aw_held <= awvalid && !awready;
      w_held <= wvalid && !wready;
      b_held <= bvalid && !bready;
      ar_held <= arvalid && !arready;
      r_held <= rvalid && !rready;
      if (aw_take) aw_count <= aw_count + ONE;
      if (w_take && wlast) w_count <= w_count + ONE;
      if (b_take) b_count <= b_count + ONE;
      if (ar_take) ar_count <= ar_count + ONE;
      if (r_take && rlast) r_count <= r_count + ONE;
      if (w_take) w_beat <= wlast ? 8'd0 : w_beat + 8'd1;
      if (r_take) r_beat <= rlast ? 8'd0 : r_beat + 8'd1;
      broken <= broken | breach;
    end
  end
endmodule

`default_nettype wire
