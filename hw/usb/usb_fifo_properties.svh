// What usb_fifo promises, proved by induction from the state that a flush leaves: no pointer overtakes another, one bit at
// a time crosses between the clocks, and every byte that is read is the one that was written there. tests/usb/prove.sh makes both
// clocks conditions of one, `clock`: their edges come in any order, together too. Of the memory it leaves one byte, `kept`, at
// an address that may be any, `place`; what is read elsewhere may be anything.
//
// A pointer wraps, and a reader's is as far as a whole queue behind a writer's. So each has a shadow with a bit more, the
// reader's, as the writer needs it, a queue ahead: up to where there is room. All shadows lie between read_committed_at and a queue
// beyond it, so that orders are plain comparisons; when it has passed 2^W, that is taken from each.
localparam [W:0] DEPTH = {2'b01, {DEPTH_LOG2{1'b0}}};

function [W-1:0] gray(input [W-1:0] value);
  gray = value ^ {1'b0, value[W-1:1]};
endfunction
function [W-1:0] behind(input [W:0] until_);  // of what is a queue ahead
  behind = until_[W-1:0] ^ DEPTH[W-1:0];
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

// ---- the shadows ----
reg [W:0] write_at = 0, write_committed_at = 0, write_shown_at = 0, write_gray_at = 0;
reg [W:0] write_sync_at = 0, write_seen_at = 0, write_part_at = 0, write_binary_at = 0;
reg [W:0] read_at = 0, read_committed_at = 0, shown_until = DEPTH, gray_until = DEPTH;
reg [W:0] sync_until = DEPTH, seen_until = DEPTH, part_until = DEPTH, binary_until = DEPTH;
wire [W:0] committed_until = read_committed_at + DEPTH;
wire wraps = read_committed_at[W];
reg wrote_q = 1'b0, took_q = 1'b0;
always @(posedge clock) begin
  if (write_clk) begin
    if (write_commit_i) write_committed_at <= write_at;
    write_at <= write_rollback_i ? write_committed_at : write_at + write_i;
    write_shown_at <= write_shown_at + (write_shown_at != write_committed_at);
    write_gray_at <= write_shown_at;
    sync_until <= gray_until;
    seen_until <= sync_until;
    part_until <= seen_until;
    binary_until <= part_until;
    wrote_q <= write_i;
  end
  if (read_clk) begin
    if (read_commit_i) read_committed_at <= read_at;
    read_at <= read_rollback_i ? read_committed_at : read_at + read_i;
    shown_until <= shown_until + (shown_until != committed_until);
    gray_until <= shown_until;
    write_sync_at <= write_gray_at;
    write_seen_at <= write_sync_at;
    write_part_at <= write_seen_at;
    write_binary_at <= write_part_at;
    took_q <= read_i;
  end
  if (wraps) begin
    {write_at[W], write_committed_at[W], write_shown_at[W], write_gray_at[W]} <= 0;
    {write_sync_at[W], write_seen_at[W], write_part_at[W], write_binary_at[W]} <= 0;
    {read_at[W], read_committed_at[W], shown_until[W], gray_until[W]} <= 0;
    {sync_until[W], seen_until[W], part_until[W], binary_until[W]} <= 0;
  end
end

// ---- what both sides keep to ----
always @* begin
  assume (write_rst_n && read_rst_n);
  assume (!write_i || write_free_o > {{W - 1{1'b0}}, wrote_q});
  assume (!read_i || read_used_o > {{W - 1{1'b0}}, took_q});
  assume (!(write_commit_i && write_rollback_i));
  assume (!(read_commit_i && read_rollback_i));
end

// ---- the pointers are what their shadows say; each is behind the next: asserted, or assumed for the data ----
always @* begin
  `USB_FIFO_POINTERS (write_q == write_at[W-1:0]);
  `USB_FIFO_POINTERS (write_committed_q == write_committed_at[W-1:0]);
  `USB_FIFO_POINTERS (write_shown_q == write_shown_at[W-1:0]);
  `USB_FIFO_POINTERS (write_gray_q == gray(write_gray_at[W-1:0]));
  `USB_FIFO_POINTERS (write_sync_q == gray(write_sync_at[W-1:0]));
  `USB_FIFO_POINTERS (write_seen_q == gray(write_seen_at[W-1:0]));
  `USB_FIFO_POINTERS (write_part_q == part(gray(write_part_at[W-1:0])));
  `USB_FIFO_POINTERS (write_binary_q == write_binary_at[W-1:0]);
  `USB_FIFO_POINTERS (read_q == read_at[W-1:0]);
  `USB_FIFO_POINTERS (read_committed_q == read_committed_at[W-1:0]);
  `USB_FIFO_POINTERS (read_shown_q == behind(shown_until));
  `USB_FIFO_POINTERS (read_gray_q == gray(behind(gray_until)));
  `USB_FIFO_POINTERS (read_sync_q == gray(behind(sync_until)));
  `USB_FIFO_POINTERS (read_seen_q == gray(behind(seen_until)));
  `USB_FIFO_POINTERS (read_part_q == part(gray(behind(part_until))));
  `USB_FIFO_POINTERS (read_binary_q == behind(binary_until));

  `USB_FIFO_POINTERS (read_committed_at[W:W-1] != 2'b11);
  `USB_FIFO_POINTERS (read_committed_at <= read_at && read_at <= write_binary_at);
  `USB_FIFO_POINTERS (write_binary_at <= write_part_at && write_part_at <= write_seen_at && write_seen_at <= write_sync_at);
  `USB_FIFO_POINTERS (write_sync_at <= write_gray_at && write_gray_at <= write_shown_at && write_shown_at <= write_committed_at);
  `USB_FIFO_POINTERS (write_committed_at <= write_at && write_at <= binary_until);
  `USB_FIFO_POINTERS (binary_until <= part_until && part_until <= seen_until && seen_until <= sync_until);
  `USB_FIFO_POINTERS (sync_until <= gray_until && gray_until <= shown_until && shown_until <= committed_until);

  `USB_FIFO_POINTERS (one_bit(write_gray_q ^ gray(write_shown_q)));
  `USB_FIFO_POINTERS (one_bit(read_gray_q ^ gray(read_shown_q)));
  `USB_FIFO_POINTERS ({1'b0, write_free_o} <= binary_until - write_at + {{W{1'b0}}, wrote_q});
  `USB_FIFO_POINTERS ({1'b0, read_used_o} <= write_binary_at - read_at + {{W{1'b0}}, took_q});
end

// ---- one of the positions that use the place, any, and the byte last written there ----
`ifdef USB_FIFO_DATA
(* anyseq *) wire another;
reg [1:0] lap_q;
wire [W:0] position = {lap_q, place};
reg [7:0] byte_q;
reg shown_q = 1'b0;  // read_data_o is the byte at the position
always @(posedge clock) begin
  if (write_clk && write_i && write_at == position) byte_q <= write_data_i;
  if (read_clk) shown_q <= read_at == position && read_at < write_binary_at;
  if (wraps) lap_q <= lap_q[1] ? {1'b0, lap_q[0]} : {1'b1, another};
end
always @* begin
  if (read_committed_at <= position && position < write_at) assert (kept == byte_q);
  if (shown_q) assert (read_committed_at <= position && position < write_binary_at);
  if (shown_q) assert (read_data_o == byte_q);
end
`endif
