// hlsc_fifo.v -- output FIFO of a module made by hlsc. `full` rises while there still is room for MARGIN words:
// those that are under way in a pipeline when it stops issuing. An empty one hands a word on in the next cycle.
`default_nettype none

module hlsc_fifo #(
  parameter WIDTH = 16,     // bits of a word
  parameter LOG2_DEPTH = 4, // 2^LOG2_DEPTH words, at least 2
  parameter MARGIN = 1      // words accepted after `full`, below the depth
) (
  input  wire             clk,
  input  wire             rst_n,
  input  wire             push,
  input  wire [WIDTH-1:0] word,
  output reg              full,
  output reg  [WIDTH-1:0] m_axis_tdata,
  output reg              m_axis_tvalid,
  input  wire             m_axis_tready
);
  // half of the depth, where that leaves room enough: a test of two bits
  localparam HALF = 1 << (LOG2_DEPTH - 1);
  localparam [LOG2_DEPTH:0] LIMIT = HALF >= 4 && MARGIN <= HALF ? HALF - 1 : 2 * HALF - MARGIN;

  reg [WIDTH-1:0] words [0:(1<<LOG2_DEPTH)-1];
  reg [WIDTH-1:0] fetched;
  reg             fetched_valid;
  reg [LOG2_DEPTH:0] head, tail; // words ever taken out of and put into `words`

  wire take  = head != tail & (~fetched_valid | shift); // memory to `fetched`
  wire shift = fetched_valid & (~m_axis_tvalid | m_axis_tready);
  wire pass  = push & head == tail & ~fetched_valid & (~m_axis_tvalid | m_axis_tready);
  wire keep  = push & ~pass;
  wire [LOG2_DEPTH:0] held = tail - head;

  always @(posedge clk) begin
    if (keep) words[tail[LOG2_DEPTH-1:0]] <= word;
    if (take) fetched <= words[head[LOG2_DEPTH-1:0]];
    if (shift | pass) m_axis_tdata <= fetched_valid ? fetched : word;
  end

  always @(posedge clk)
    if (!rst_n) begin
      head <= 0;
      tail <= 0;
      full <= 1'b0;
      fetched_valid <= 1'b0;
      m_axis_tvalid <= 1'b0;
    end else begin
      head <= head + {{LOG2_DEPTH{1'b0}}, take};
      tail <= tail + {{LOG2_DEPTH{1'b0}}, keep};
      full <= keep ? held >= LIMIT : held > LIMIT; // `keep` is late: both are there before
      fetched_valid <= take | (fetched_valid & ~shift);
      m_axis_tvalid <= shift | pass | (m_axis_tvalid & ~m_axis_tready);
    end
endmodule

`default_nettype wire
