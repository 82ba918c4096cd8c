// The XRT kernel: the engine between two movers, under AP_CTRL_HS. Registers are those of hw/xrt/registers.h.
`default_nettype none

module eddy #(
    parameter C_S_AXI_CONTROL_ADDR_WIDTH = 12,
    parameter C_M_AXI_GMEM_DATA_WIDTH = 32
) (
    input  wire                                  ap_clk,
    input  wire                                  ap_rst_n,
    // The name that Vitis expects.
    /* verilator lint_off SYMRSVDWORD */
    output wire                                  interrupt,
    /* verilator lint_on SYMRSVDWORD */
    input  wire [C_S_AXI_CONTROL_ADDR_WIDTH-1:0] s_axi_control_awaddr,
    input  wire                                  s_axi_control_awvalid,
    output wire                                  s_axi_control_awready,
    input  wire [31:0]                           s_axi_control_wdata,
    input  wire [3:0]                            s_axi_control_wstrb,
    input  wire                                  s_axi_control_wvalid,
    output wire                                  s_axi_control_wready,
    output wire [1:0]                            s_axi_control_bresp,
    output wire                                  s_axi_control_bvalid,
    input  wire                                  s_axi_control_bready,
    input  wire [C_S_AXI_CONTROL_ADDR_WIDTH-1:0] s_axi_control_araddr,
    input  wire                                  s_axi_control_arvalid,
    output wire                                  s_axi_control_arready,
    output wire [31:0]                           s_axi_control_rdata,
    output wire [1:0]                            s_axi_control_rresp,
    output wire                                  s_axi_control_rvalid,
    input  wire                                  s_axi_control_rready,
    output wire [63:0]                           m_axi_gmem_awaddr,
    output wire [7:0]                            m_axi_gmem_awlen,
    output wire [2:0]                            m_axi_gmem_awsize,
    output wire [1:0]                            m_axi_gmem_awburst,
    output wire                                  m_axi_gmem_awvalid,
    input  wire                                  m_axi_gmem_awready,
    output wire [C_M_AXI_GMEM_DATA_WIDTH-1:0]    m_axi_gmem_wdata,
    output wire [C_M_AXI_GMEM_DATA_WIDTH/8-1:0]  m_axi_gmem_wstrb,
    output wire                                  m_axi_gmem_wlast,
    output wire                                  m_axi_gmem_wvalid,
    input  wire                                  m_axi_gmem_wready,
    input  wire [1:0]                            m_axi_gmem_bresp,
    input  wire                                  m_axi_gmem_bvalid,
    output wire                                  m_axi_gmem_bready,
    output wire [63:0]                           m_axi_gmem_araddr,
    output wire [7:0]                            m_axi_gmem_arlen,
    output wire [2:0]                            m_axi_gmem_arsize,
    output wire [1:0]                            m_axi_gmem_arburst,
    output wire                                  m_axi_gmem_arvalid,
    input  wire                                  m_axi_gmem_arready,
    input  wire [C_M_AXI_GMEM_DATA_WIDTH-1:0]    m_axi_gmem_rdata,
    input  wire [1:0]                            m_axi_gmem_rresp,
    input  wire                                  m_axi_gmem_rlast,
    input  wire                                  m_axi_gmem_rvalid,
    output wire                                  m_axi_gmem_rready
);
  localparam DATA_BITS = C_M_AXI_GMEM_DATA_WIDTH;
  assign m_axi_gmem_awsize = 3'($clog2(DATA_BITS / 8));
  assign m_axi_gmem_arsize = 3'($clog2(DATA_BITS / 8));
  assign m_axi_gmem_awburst = 2'b01;
  assign m_axi_gmem_arburst = 2'b01;

  wire start, start_engine, session, stop, abort, finished;
  wire [63:0] commands, results;
  wire [31:0] ring_bytes, command_tail, result_head, result_end, command_head, result_tail;
  wire read_error, write_error, read_beat, read_starved, write_beat, write_blocked;

  control_registers registers (
      .clk(ap_clk),
      .rst_n(ap_rst_n),
      .s_axil_awaddr(s_axi_control_awaddr[11:0]),
      .s_axil_awvalid(s_axi_control_awvalid),
      .s_axil_awready(s_axi_control_awready),
      .s_axil_wdata(s_axi_control_wdata),
      .s_axil_wstrb(s_axi_control_wstrb),
      .s_axil_wvalid(s_axi_control_wvalid),
      .s_axil_wready(s_axi_control_wready),
      .s_axil_bresp(s_axi_control_bresp),
      .s_axil_bvalid(s_axi_control_bvalid),
      .s_axil_bready(s_axi_control_bready),
      .s_axil_araddr(s_axi_control_araddr[11:0]),
      .s_axil_arvalid(s_axi_control_arvalid),
      .s_axil_arready(s_axi_control_arready),
      .s_axil_rdata(s_axi_control_rdata),
      .s_axil_rresp(s_axi_control_rresp),
      .s_axil_rvalid(s_axi_control_rvalid),
      .s_axil_rready(s_axi_control_rready),
      .interrupt(interrupt),
      .start(start),
      .start_engine(start_engine),
      .session(session),
      .stop(stop),
      .abort(abort),
      .finished(finished),
      .commands(commands),
      .results(results),
      .ring_bytes(ring_bytes),
      .command_tail(command_tail),
      .result_head(result_head),
      .result_end(result_end),
      .command_head(command_head),
      .result_tail(result_tail),
      .read_error(read_error),
      .write_error(write_error),
      .read_beat(read_beat),
      .read_starved(read_starved),
      .write_beat(write_beat),
      .write_blocked(write_blocked)
  );

  reg movers_rst_n, engine_rst_n;
  always @(posedge ap_clk) begin
    movers_rst_n <= ap_rst_n && !start;
    engine_rst_n <= ap_rst_n && !start_engine;
  end

  wire [15:0] commands_tdata, results_tdata;
  wire commands_tvalid, commands_tready, results_tvalid, results_tready;
  axi_movers #(
      .DATA_BITS(DATA_BITS)
  ) movers (
      .clk(ap_clk),
      .rst_n(movers_rst_n),
      .run(session),
      .stop(stop),
      .abort(abort),
      .commands(commands),
      .results(results),
      .ring_bytes(ring_bytes),
      .command_tail(command_tail),
      .result_head(result_head),
      .result_end(result_end),
      .command_head(command_head),
      .result_tail(result_tail),
      .read_error(read_error),
      .write_error(write_error),
      .read_beat(read_beat),
      .read_starved(read_starved),
      .write_beat(write_beat),
      .write_blocked(write_blocked),
      .finished(finished),
      .m_axis_commands_tdata(commands_tdata),
      .m_axis_commands_tvalid(commands_tvalid),
      .m_axis_commands_tready(commands_tready),
      .s_axis_results_tdata(results_tdata),
      .s_axis_results_tvalid(results_tvalid),
      .s_axis_results_tready(results_tready),
      .m_axi_awaddr(m_axi_gmem_awaddr),
      .m_axi_awlen(m_axi_gmem_awlen),
      .m_axi_awvalid(m_axi_gmem_awvalid),
      .m_axi_awready(m_axi_gmem_awready),
      .m_axi_wdata(m_axi_gmem_wdata),
      .m_axi_wstrb(m_axi_gmem_wstrb),
      .m_axi_wlast(m_axi_gmem_wlast),
      .m_axi_wvalid(m_axi_gmem_wvalid),
      .m_axi_wready(m_axi_gmem_wready),
      .m_axi_bresp(m_axi_gmem_bresp),
      .m_axi_bvalid(m_axi_gmem_bvalid),
      .m_axi_bready(m_axi_gmem_bready),
      .m_axi_araddr(m_axi_gmem_araddr),
      .m_axi_arlen(m_axi_gmem_arlen),
      .m_axi_arvalid(m_axi_gmem_arvalid),
      .m_axi_arready(m_axi_gmem_arready),
      .m_axi_rdata(m_axi_gmem_rdata),
      .m_axi_rresp(m_axi_gmem_rresp),
      .m_axi_rlast(m_axi_gmem_rlast),
      .m_axi_rvalid(m_axi_gmem_rvalid),
      .m_axi_rready(m_axi_gmem_rready)
  );

  eddy_core core (
      .clk(ap_clk),
      .rst_n(engine_rst_n),
      .s_axis_commands_tdata(commands_tdata),
      .s_axis_commands_tvalid(commands_tvalid),
      .s_axis_commands_tready(commands_tready),
      .m_axis_results_tdata(results_tdata),
      .m_axis_results_tvalid(results_tvalid),
      .m_axis_results_tready(results_tready)
  );
endmodule

`default_nettype wire
