// From a stream of 16-bit words to a ring in memory: bursts on the write channels of AXI4, several outstanding. A burst is closed when it
// is as long as it may be, or when no word has come for FLUSH_CYCLES; words count as written when the memory says so.
`default_nettype none

module axi_writer #(
    parameter DATA_BITS = 32,
    parameter MAX_BEATS = 64,
    parameter DEPTH_LOG2 = 8,   // log2 of the beats held, at least of 2 * MAX_BEATS
    parameter BURSTS_LOG2 = 4,  // log2 of the bursts outstanding
    parameter FLUSH_CYCLES = 8
) (
    input  wire                   clk,
    input  wire                   rst_n,
    input  wire                   run,         // words may be taken
    input  wire [63:0]            base,        // of the ring, a multiple of 4096
    input  wire [31:0]            ring_bytes,  // a power of two, at least 4096
    input  wire [31:0]            head,        // words that the host has taken from the ring
    output reg  [31:0]            tail,        // words in memory since the start
    output wire                   idle,        // every word taken is in memory
    output reg                    error,       // the memory answered with an error
    output wire                   beat,
    output wire                   blocked,     // a word waits though the ring has room
    input  wire [15:0]            s_axis_tdata,
    input  wire                   s_axis_tvalid,
    output wire                   s_axis_tready,
    output reg  [63:0]            m_axi_awaddr,
    output reg  [7:0]             m_axi_awlen,
    output reg                    m_axi_awvalid,
    input  wire                   m_axi_awready,
    output wire [DATA_BITS-1:0]   m_axi_wdata,
    output wire [DATA_BITS/8-1:0] m_axi_wstrb,
    output wire                   m_axi_wlast,
    output wire                   m_axi_wvalid,
    input  wire                   m_axi_wready,
    input  wire [1:0]             m_axi_bresp,
    input  wire                   m_axi_bvalid,
    output wire                   m_axi_bready
);
  localparam LANES = DATA_BITS / 16;
  localparam BYTES = DATA_BITS / 8;
  localparam INDEX_BITS = LANES > 1 ? $clog2(LANES) : 1;
  localparam FLUSH_BITS = $clog2(FLUSH_CYCLES + 1);

  reg [31:0] taken;       // words taken from the stream
  reg [31:0] opened;      // position of the first word of the open burst
  reg [DATA_BITS-1:0] pack_data;
  reg [BYTES-1:0] pack_strb;
  reg [FLUSH_BITS-1:0] quiet;
  reg [BURSTS_LOG2:0] outstanding;
  reg settled;  // the queue of bursts shows what was put into it a cycle before

  // ---- words into beats, beats into bursts ----
  wire [31:0] open_offset = (opened << 1) & (ring_bytes - 32'd1);
  wire [11:0] open_words = taken[11:0] - opened[11:0];
  wire [11:0] longest, now_words;
  /* verilator lint_off UNUSEDSIGNAL */
  wire [8:0] longest_beats, now_beats;
  /* verilator lint_on UNUSEDSIGNAL */
  axi_split #(
      .DATA_BITS(DATA_BITS),
      .MAX_BEATS(MAX_BEATS)
  ) longest_split (
      .address(open_offset[11:0]),
      .available(32'hffffffff),
      .words(longest),
      .beats(longest_beats)
  );
  axi_split #(
      .DATA_BITS(DATA_BITS),
      .MAX_BEATS(MAX_BEATS)
  ) now_split (
      .address(open_offset[11:0]),
      .available({20'b0, open_words}),
      .words(now_words),
      .beats(now_beats)
  );

  wire [INDEX_BITS-1:0] lane = INDEX_BITS'(taken[11:0] & 12'(LANES - 1));
  wire queue_ready, bursts_ready;
  wire full_burst = open_words == longest;
  wire close = open_words != 0 && (full_burst || quiet == FLUSH_BITS'(FLUSH_CYCLES)) && bursts_ready &&
      (pack_strb == 0 || queue_ready);
  wire room = taken - head < ring_bytes >> 1;
  wire take = s_axis_tvalid && s_axis_tready;
  // A burst that is as long as it may be has no beat half full: its last beat went into the queue when its last word came.
  wire whole = take && lane == INDEX_BITS'(LANES - 1);
  wire push = whole || (close && pack_strb != 0);
  assign s_axis_tready = run && !error && room && queue_ready && (!full_burst || close) &&
      !(close && pack_strb != 0);
  assign blocked = s_axis_tvalid && !s_axis_tready && room;

  wire [BYTES-1:0] word_strb = take ? BYTES'(3) << (2 * lane) : '0;
  reg [DATA_BITS-1:0] beat_data;
  always @* begin
    beat_data = pack_data;
    if (take) beat_data[16*lane+:16] = s_axis_tdata;
  end
  wire [BYTES-1:0] beat_strb = pack_strb | word_strb;

  wire queue_valid, queue_take;
  fifo #(
      .WIDTH(DATA_BITS + BYTES),
      .DEPTH_LOG2(DEPTH_LOG2)
  ) queue (
      .clk(clk),
      .rst_n(rst_n),
      .s_axis_tdata({beat_strb, beat_data}),
      .s_axis_tvalid(push),
      .s_axis_tready(queue_ready),
      .m_axis_tdata({m_axi_wstrb, m_axi_wdata}),
      .m_axis_tvalid(queue_valid),
      .m_axis_tready(queue_take)
  );

  // ---- bursts to the bus ----
  wire [11:0] next_words;
  wire [8:0] next_beats;
  wire [63:0] next_address;
  wire next_valid;
  reg [8:0] beats_left;
  wire begin_burst = next_valid && !m_axi_awvalid && beats_left == 0 && !outstanding[BURSTS_LOG2];
  fifo #(
      .WIDTH(12 + 9 + 64),
      .DEPTH_LOG2(BURSTS_LOG2)
  ) bursts (
      .clk(clk),
      .rst_n(rst_n),
      .s_axis_tdata({now_words, now_beats, base + {32'b0, open_offset & ~32'(BYTES - 1)}}),
      .s_axis_tvalid(close),
      .s_axis_tready(bursts_ready),
      .m_axis_tdata({next_words, next_beats, next_address}),
      .m_axis_tvalid(next_valid),
      .m_axis_tready(begin_burst)
  );

  wire answered = m_axi_bvalid && m_axi_bready;
  wire [11:0] answered_words;
  /* verilator lint_off PINCONNECTEMPTY */
  fifo #(
      .WIDTH(12),
      .DEPTH_LOG2(BURSTS_LOG2)
  ) answers (
      .clk(clk),
      .rst_n(rst_n),
      .s_axis_tdata(next_words),
      .s_axis_tvalid(begin_burst),
      .s_axis_tready(),
      .m_axis_tdata(answered_words),
      .m_axis_tvalid(),
      .m_axis_tready(answered)
  );
  /* verilator lint_on PINCONNECTEMPTY */

  wire bad = error || (answered && m_axi_bresp != 2'b00);
  // Data after their address.
  wire sending = beats_left != 0 && !m_axi_awvalid;
  assign m_axi_wvalid = sending && queue_valid;
  assign m_axi_wlast = beats_left == 1;
  assign queue_take = sending && m_axi_wready;
  assign m_axi_bready = 1'b1;
  assign beat = m_axi_wvalid && m_axi_wready;
  assign idle = open_words == 0 && !next_valid && outstanding == 0 && settled;

  always @(posedge clk) begin
    pack_data <= beat_data;
    if (begin_burst) begin
      m_axi_awaddr <= next_address;
      m_axi_awlen <= 8'(next_beats - 9'd1);
    end
    if (!rst_n) begin
      taken <= 0;
      opened <= 0;
      tail <= 0;
      pack_strb <= '0;
      quiet <= '0;
      outstanding <= '0;
      beats_left <= '0;
      m_axi_awvalid <= 1'b0;
      error <= 1'b0;
      settled <= 1'b1;
    end else begin
      taken <= taken + {31'b0, take};
      if (close) opened <= opened + {20'b0, now_words};
      pack_strb <= push ? '0 : beat_strb;
      quiet <= take ? '0 : quiet + FLUSH_BITS'(quiet != FLUSH_BITS'(FLUSH_CYCLES));
      if (begin_burst) beats_left <= next_beats;
      else if (beat) beats_left <= beats_left - 9'd1;
      m_axi_awvalid <= begin_burst || (m_axi_awvalid && !m_axi_awready);
      outstanding <= outstanding + (BURSTS_LOG2 + 1)'(begin_burst) - (BURSTS_LOG2 + 1)'(answered);
      tail <= tail + (answered && !bad ? {20'b0, answered_words} : 32'd0);
      error <= bad;
      settled <= !close;
    end
  end
endmodule

`default_nettype wire
