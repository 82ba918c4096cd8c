// The longest burst that may begin at a word of memory: within the words at hand, MAX_BEATS, and the 4 KiB that a
// burst of AXI4 must not leave.
`default_nettype none

module axi_split #(
    parameter DATA_BITS = 32,  // of the bus, at least 16, a power of two
    parameter MAX_BEATS = 64,  // a power of two, at most 256 and MAX_BEATS * DATA_BITS / 8 <= 4096
    parameter LANE_BITS = $clog2(DATA_BITS / 16)
) (
    input  wire [11:0] address,   // in bytes, even: the lower bits of the first word's
    input  wire [31:0] available,  // words
    output wire [11:0] words,      // of the burst; 0 when none is available
    output wire [8:0]  beats
);
  localparam LANES = DATA_BITS / 16;
  localparam [11:0] MAX_WORDS = 12'(MAX_BEATS * LANES);

  wire [11:0] lane = {1'b0, address[11:1]} & 12'(LANES - 1);
  wire [11:0] to_boundary = 12'd2048 - {1'b0, address[11:1]};
  wire [11:0] to_full = MAX_WORDS - lane;
  wire [11:0] room = to_boundary < to_full ? to_boundary : to_full;
  wire [11:0] last = lane + words + 12'(LANES - 1);

  assign words = available < {20'b0, room} ? available[11:0] : room;
  assign beats = last[LANE_BITS+:9];

  // The byte of a word is not the mover's business.
  wire unused = &{1'b0, address[0], last};
endmodule

`default_nettype wire
