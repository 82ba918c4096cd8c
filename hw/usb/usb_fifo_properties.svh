// What usb_fifo promises, proved by induction from the state that a flush leaves: no pointer overtakes another, one bit at
// a time crosses between the clocks, and every byte that is read is the one that was written there.
localparam [W-1:0] DEPTH = {1'b1, {DEPTH_LOG2{1'b0}}};

function [W-1:0] gray(input [W-1:0] value);
  gray = value ^ {1'b0, value[W-1:1]};
endfunction
function [W-1:0] binary(input [W-1:0] value);
  binary = whole(part(value));
endfunction
function one_bit(input [W-1:0] change);
  one_bit = (change & (change - ONE)) == 0;
endfunction

initial begin
  {write_q, write_committed_q, write_shown_q, write_gray_q} = 0;
  {write_sync_q, write_seen_q, write_part_q, write_binary_q, write_free_o} = 0;
  {read_q, read_committed_q, read_shown_q, read_gray_q} = 0;
  {read_sync_q, read_seen_q, read_part_q, read_binary_q, read_used_o} = 0;
end

// ---- what both sides keep to ----
reg wrote_q = 1'b0, took_q = 1'b0;
always @(posedge write_clk) wrote_q <= write_i;
always @(posedge read_clk) took_q <= read_i;
always @* begin
  assume (write_rst_n && read_rst_n);
  assume (!write_i || write_free_o > {{W - 1{1'b0}}, wrote_q});
  assume (!read_i || read_used_o > {{W - 1{1'b0}}, took_q});
  assume (!(write_commit_i && write_rollback_i));
  assume (!(read_commit_i && read_rollback_i));
end

// ---- the pointers, each behind the next: the reader's as the writer sees it, ..., the writer's ----
localparam POINTERS = 16;
wire [W*POINTERS-1:0] pointers = {
  write_q, write_committed_q, write_shown_q, binary(write_gray_q), binary(write_sync_q), binary(write_seen_q), whole(write_part_q),
  write_binary_q, read_q, read_committed_q, read_shown_q, binary(read_gray_q), binary(read_sync_q), binary(read_seen_q),
  whole(read_part_q), read_binary_q};
integer i;
always @* begin
  for (i = 1; i < POINTERS; i = i + 1)
    assert (pointers[W*(i-1)+:W] - read_binary_q <= pointers[W*i+:W] - read_binary_q);
  assert (write_q - read_binary_q <= DEPTH);
  assert (write_shown_q - binary(write_gray_q) <= ONE);
  assert (read_shown_q - binary(read_gray_q) <= ONE);
  assert (one_bit(write_gray_q ^ gray(write_shown_q)));
  assert (one_bit(read_gray_q ^ gray(read_shown_q)));
  assert (write_free_o <= DEPTH - (write_q - read_binary_q) + {{W - 1{1'b0}}, wrote_q});
  assert (read_used_o <= write_binary_q - read_q + {{W - 1{1'b0}}, took_q});
end

// ---- one position, any, and the byte last written there ----
(* anyconst *) wire [W-1:0] position;
reg [7:0] byte_q;
reg shown_q = 1'b0;  // read_data_o is the byte at the position
always @(posedge write_clk) if (write_i && write_q == position) byte_q <= write_data_i;
always @(posedge read_clk) shown_q <= read_q == position && read_q != write_binary_q;
always @* begin
  if (position - read_binary_q < write_q - read_binary_q) assert (bytes[position[DEPTH_LOG2-1:0]] == byte_q);
  assert (binary(gray(position)) == position);
  if (shown_q) assert (position - read_committed_q < write_binary_q - read_committed_q);
  if (shown_q) assert (read_data_o == byte_q);
end
