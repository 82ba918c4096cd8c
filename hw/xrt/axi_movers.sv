// Both movers, and when a session of them is over.
`default_nettype none

module axi_movers #(
    parameter DATA_BITS = 32,
    parameter MAX_BEATS = 64
) (
    input  wire                   clk,
    input  wire                   rst_n,
    input  wire                   run,
    input  wire                   stop,
    input  wire                   abort,
    input  wire [63:0]            commands,
    input  wire [63:0]            results,
    input  wire [31:0]            ring_bytes,
    input  wire [31:0]            command_tail,
    input  wire [31:0]            result_head,
    input  wire [31:0]            result_end,
    output wire [31:0]            command_head,
    output wire [31:0]            result_tail,
    output wire                   read_error,
    output wire                   write_error,
    output wire                   read_beat,
    output wire                   read_starved,
    output wire                   write_beat,
    output wire                   write_blocked,
    output wire                   finished,
    output wire [15:0]            m_axis_commands_tdata,
    output wire                   m_axis_commands_tvalid,
    input  wire                   m_axis_commands_tready,
    input  wire [15:0]            s_axis_results_tdata,
    input  wire                   s_axis_results_tvalid,
    output wire                   s_axis_results_tready,
    output wire [63:0]            m_axi_awaddr,
    output wire [7:0]             m_axi_awlen,
    output wire                   m_axi_awvalid,
    input  wire                   m_axi_awready,
    output wire [DATA_BITS-1:0]   m_axi_wdata,
    output wire [DATA_BITS/8-1:0] m_axi_wstrb,
    output wire                   m_axi_wlast,
    output wire                   m_axi_wvalid,
    input  wire                   m_axi_wready,
    input  wire [1:0]             m_axi_bresp,
    input  wire                   m_axi_bvalid,
    output wire                   m_axi_bready,
    output wire [63:0]            m_axi_araddr,
    output wire [7:0]             m_axi_arlen,
    output wire                   m_axi_arvalid,
    input  wire                   m_axi_arready,
    input  wire [DATA_BITS-1:0]   m_axi_rdata,
    input  wire [1:0]             m_axi_rresp,
    input  wire                   m_axi_rlast,
    input  wire                   m_axi_rvalid,
    output wire                   m_axi_rready
);
  wire read_idle, read_drained, write_idle;
  wire failed = read_error || write_error;
  wire go = run && !abort && !failed;
  // Modulo 2^32: the results wanted may have been passed by a few words.
  wire [31:0] results_missing = result_end - result_tail;
  wire enough = results_missing == 0 || results_missing[31];
  assign finished = run && read_idle && write_idle &&
      (failed || abort || (stop && read_drained && enough));

  axi_reader #(
      .DATA_BITS(DATA_BITS),
      .MAX_BEATS(MAX_BEATS)
  ) reader (
      .clk(clk),
      .rst_n(rst_n),
      .run(go),
      .base(commands),
      .ring_bytes(ring_bytes),
      .tail(command_tail),
      .head(command_head),
      .idle(read_idle),
      .drained(read_drained),
      .error(read_error),
      .beat(read_beat),
      .starved(read_starved),
      .m_axi_araddr(m_axi_araddr),
      .m_axi_arlen(m_axi_arlen),
      .m_axi_arvalid(m_axi_arvalid),
      .m_axi_arready(m_axi_arready),
      .m_axi_rdata(m_axi_rdata),
      .m_axi_rresp(m_axi_rresp),
      .m_axi_rlast(m_axi_rlast),
      .m_axi_rvalid(m_axi_rvalid),
      .m_axi_rready(m_axi_rready),
      .m_axis_tdata(m_axis_commands_tdata),
      .m_axis_tvalid(m_axis_commands_tvalid),
      .m_axis_tready(m_axis_commands_tready)
  );

  axi_writer #(
      .DATA_BITS(DATA_BITS),
      .MAX_BEATS(MAX_BEATS)
  ) writer (
      .clk(clk),
      .rst_n(rst_n),
      .run(go),
      .base(results),
      .ring_bytes(ring_bytes),
      .head(result_head),
      .tail(result_tail),
      .idle(write_idle),
      .error(write_error),
      .beat(write_beat),
      .blocked(write_blocked),
      .s_axis_tdata(s_axis_results_tdata),
      .s_axis_tvalid(s_axis_results_tvalid),
      .s_axis_tready(s_axis_results_tready),
      .m_axi_awaddr(m_axi_awaddr),
      .m_axi_awlen(m_axi_awlen),
      .m_axi_awvalid(m_axi_awvalid),
      .m_axi_awready(m_axi_awready),
      .m_axi_wdata(m_axi_wdata),
      .m_axi_wstrb(m_axi_wstrb),
      .m_axi_wlast(m_axi_wlast),
      .m_axi_wvalid(m_axi_wvalid),
      .m_axi_wready(m_axi_wready),
      .m_axi_bresp(m_axi_bresp),
      .m_axi_bvalid(m_axi_bvalid),
      .m_axi_bready(m_axi_bready)
  );
endmodule

`default_nettype wire
