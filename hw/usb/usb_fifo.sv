// A queue of bytes across two clocks, either side of which may take back what it did since its last commit: a packet
// that arrives broken is not written, one whose answer is lost is read again. Pointers cross in Gray code; a commit
// moves the pointer that the other side sees one step a clock, so that it changes one bit a time.
`default_nettype none

module usb_fifo #(
    parameter DEPTH_LOG2 = 9  // log2 of the bytes held, at most 11
) (
    input  wire                write_clk,
    input  wire                write_rst_n,
    input  wire                write_i,           // only when there is room
    input  wire [         7:0] write_data_i,
    input  wire                write_commit_i,    // all that was written up to the clock before
    input  wire                write_rollback_i,
    output reg  [DEPTH_LOG2:0] write_free_o,      // so many bytes; without those of the two latest clocks

    input  wire                read_clk,
    input  wire                read_rst_n,
    input  wire                read_i,           // on to the next byte; only when there is one
    output reg  [         7:0] read_data_o,      // from the second clock after read_i on
    input  wire                read_commit_i,    // all that was read up to the clock before
    input  wire                read_rollback_i,
    output reg  [DEPTH_LOG2:0] read_used_o       // so many bytes; with those of the two latest clocks
);
  localparam W = DEPTH_LOG2 + 1;
  localparam [W-1:0] ONE = 1;
  reg [7:0] bytes[0:(1<<DEPTH_LOG2)-1];

  // Gray code to binary: the parity of every bit and those above it, four bits at a time.
  function [W-1:0] part(input [W-1:0] gray);
    part = gray ^ gray >> 1 ^ gray >> 2 ^ gray >> 3;
  endfunction
  function [W-1:0] whole(input [W-1:0] parts);
    whole = parts ^ parts >> 4 ^ parts >> 8;
  endfunction

  // ---- pointers: where the side is, what it has committed, what the other side may see ----
  reg [W-1:0] write_q, write_committed_q, write_shown_q, write_gray_q;
  reg [W-1:0] read_q, read_committed_q, read_shown_q, read_gray_q;
  wire [W-1:0] write_shown = write_shown_q + {{W - 1{1'b0}}, write_shown_q != write_committed_q};
  wire [W-1:0] read_shown = read_shown_q + {{W - 1{1'b0}}, read_shown_q != read_committed_q};

  // ---- ... and how the other side sees it: two flip-flops, then from Gray code in two clocks ----
  (* keep *)reg [W-1:0] write_sync_q, write_seen_q, read_sync_q, read_seen_q;
  reg [W-1:0] write_part_q, write_binary_q, read_part_q, read_binary_q;

  always @(posedge write_clk) begin
    if (write_i) bytes[write_q[DEPTH_LOG2-1:0]] <= write_data_i;
    read_sync_q <= read_gray_q;
    read_seen_q <= read_sync_q;
    read_part_q <= part(read_seen_q);
    read_binary_q <= whole(read_part_q);
    write_free_o <= read_binary_q + {1'b1, {DEPTH_LOG2{1'b0}}} - write_q;
    write_shown_q <= write_shown;
    write_gray_q <= write_shown_q ^ {1'b0, write_shown_q[W-1:1]};
    if (write_commit_i) write_committed_q <= write_q;
    if (write_rollback_i) write_q <= write_committed_q;
    else if (write_i) write_q <= write_q + ONE;
    if (!write_rst_n) begin
      write_q <= 0;
      write_committed_q <= 0;
      write_shown_q <= 0;
      write_gray_q <= 0;
      read_sync_q <= 0;
      read_seen_q <= 0;
      read_part_q <= 0;
      read_binary_q <= 0;
      write_free_o <= 0;
    end
  end

  always @(posedge read_clk) begin
    read_data_o  <= bytes[read_q[DEPTH_LOG2-1:0]];
    write_sync_q <= write_gray_q;
    write_seen_q <= write_sync_q;
    write_part_q <= part(write_seen_q);
    write_binary_q <= whole(write_part_q);
    read_used_o <= write_binary_q - read_q;
    read_shown_q <= read_shown;
    read_gray_q  <= read_shown_q ^ {1'b0, read_shown_q[W-1:1]};
    if (read_commit_i) read_committed_q <= read_q;
    if (read_rollback_i) read_q <= read_committed_q;
    else if (read_i) read_q <= read_q + ONE;
    if (!read_rst_n) begin
      read_q <= 0;
      read_committed_q <= 0;
      read_shown_q <= 0;
      read_gray_q <= 0;
      write_sync_q <= 0;
      write_seen_q <= 0;
      write_part_q <= 0;
      write_binary_q <= 0;
      read_used_o <= 0;
    end
  end

`ifdef FORMAL
  `include "usb_fifo_properties.svh"
`endif
endmodule

`default_nettype wire
