// From a ring of 16-bit words in memory to a stream: bursts on the read channels of AXI4, several outstanding. A burst is asked
// for only when the queue has room for all of it, so that the bus is never held up.
`default_nettype none

module axi_reader #(
    parameter DATA_BITS = 32,
    parameter MAX_BEATS = 64,
    parameter DEPTH_LOG2 = 9,  // log2 of the beats held or asked for
    parameter BURSTS_LOG2 = 4  // log2 of the bursts outstanding
) (
    input  wire                 clk,
    input  wire                 rst_n,
    input  wire                 run,         // new bursts may be asked for
    input  wire [63:0]          base,        // of the ring, a multiple of 4096
    input  wire [31:0]          ring_bytes,  // a power of two, at least 4096
    input  wire [31:0]          tail,        // words in the ring since the start
    output reg  [31:0]          head,        // words fetched since the start
    output wire                 idle,        // nothing outstanding
    output wire                 drained,     // every word up to tail was passed on
    output reg                  error,       // the memory answered with an error
    output wire                 beat,
    output wire                 starved,     // a word is wanted and in the ring, but not yet here
    output reg  [63:0]          m_axi_araddr,
    output reg  [7:0]           m_axi_arlen,
    output reg                  m_axi_arvalid,
    input  wire                 m_axi_arready,
    input  wire [DATA_BITS-1:0] m_axi_rdata,
    input  wire [1:0]           m_axi_rresp,
    input  wire                 m_axi_rlast,
    input  wire                 m_axi_rvalid,
    output wire                 m_axi_rready,
    output wire [15:0]          m_axis_tdata,
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready
);
  localparam LANES = DATA_BITS / 16;
  localparam BYTES = DATA_BITS / 8;
  localparam INDEX_BITS = LANES > 1 ? $clog2(LANES) : 1;
  localparam [DEPTH_LOG2:0] DEPTH = (DEPTH_LOG2 + 1)'(1 << DEPTH_LOG2);

  reg [31:0] asked, passed;            // words asked of the memory; words passed on
  reg [DEPTH_LOG2:0] reserved;         // beats held or asked for
  reg [BURSTS_LOG2:0] outstanding;     // bursts
  wire [31:0] offset = (asked << 1) & (ring_bytes - 32'd1);
  wire [11:0] words;
  wire [8:0] beats;
  axi_split #(
      .DATA_BITS(DATA_BITS),
      .MAX_BEATS(MAX_BEATS)
  ) split (
      .address(offset[11:0]),
      .available(tail - asked),
      .words(words),
      .beats(beats)
  );

  wire ask = run && !error && words != 0 && (!m_axi_arvalid || m_axi_arready) &&
      !outstanding[BURSTS_LOG2] && DEPTH - reserved >= (DEPTH_LOG2 + 1)'(beats);
  wire take = m_axi_rvalid && m_axi_rready;
  wire finish = take && m_axi_rlast;
  wire bad = error || (take && m_axi_rresp != 2'b00);
  wire [INDEX_BITS-1:0] last_lane = INDEX_BITS'((asked[11:0] + words - 12'd1) & 12'(LANES - 1));

  // The words of each outstanding burst, and the lane of its last.
  wire [11:0] burst_words;
  wire [INDEX_BITS-1:0] burst_last;
  /* verilator lint_off PINCONNECTEMPTY */
  fifo #(
      .WIDTH(12 + INDEX_BITS),
      .DEPTH_LOG2(BURSTS_LOG2)
  ) bursts (
      .clk(clk),
      .rst_n(rst_n),
      .s_axis_tdata({last_lane, words}),
      .s_axis_tvalid(ask),
      .s_axis_tready(),
      .m_axis_tdata({burst_last, burst_words}),
      .m_axis_tvalid(),
      .m_axis_tready(finish)
  );

  wire [DATA_BITS-1:0] queue_data;
  wire [INDEX_BITS-1:0] queue_last;
  wire queue_valid, queue_ready;
  fifo #(
      .WIDTH(DATA_BITS + INDEX_BITS),
      .DEPTH_LOG2(DEPTH_LOG2)
  ) queue (
      .clk(clk),
      .rst_n(rst_n),
      .s_axis_tdata({m_axi_rlast ? burst_last : INDEX_BITS'(LANES - 1), m_axi_rdata}),
      .s_axis_tvalid(take && !bad),
      .s_axis_tready(),
      .m_axis_tdata({queue_last, queue_data}),
      .m_axis_tvalid(queue_valid),
      .m_axis_tready(queue_ready)
  );
  /* verilator lint_on PINCONNECTEMPTY */

  wire [INDEX_BITS-1:0] lane = INDEX_BITS'(passed[11:0] & 12'(LANES - 1));
  wire pass = m_axis_tvalid && m_axis_tready;
  assign queue_ready = m_axis_tready && lane == queue_last;
  assign m_axis_tdata = queue_data[16*lane+:16];
  assign m_axis_tvalid = queue_valid;
  assign m_axi_rready = 1'b1;
  assign beat = take;
  assign starved = m_axis_tready && !m_axis_tvalid && passed != tail;
  assign idle = outstanding == 0 && !m_axi_arvalid;
  assign drained = passed == tail;

  always @(posedge clk) begin
    if (ask) begin
      m_axi_araddr <= base + {32'b0, offset & ~32'(BYTES - 1)};
      m_axi_arlen <= 8'(beats - 9'd1);
    end
    if (!rst_n) begin
      m_axi_arvalid <= 1'b0;
      asked <= 0;
      passed <= 0;
      head <= 0;
      reserved <= 0;
      outstanding <= 0;
      error <= 1'b0;
    end else begin
      m_axi_arvalid <= ask || (m_axi_arvalid && !m_axi_arready);
      asked <= asked + (ask ? {20'b0, words} : 32'd0);
      passed <= passed + {31'b0, pass};
      head <= head + (finish ? {20'b0, burst_words} : 32'd0);
      reserved <= reserved + (ask ? (DEPTH_LOG2 + 1)'(beats) : 0) -
          (DEPTH_LOG2 + 1)'(queue_valid && queue_ready);
      outstanding <= outstanding + (BURSTS_LOG2 + 1)'(ask) - (BURSTS_LOG2 + 1)'(finish);
      error <= bad;
    end
  end
endmodule

`default_nettype wire
