// The simulated card: the kernel, and a watch on its memory port.
`default_nettype none

module xrt_card #(
    parameter DATA_BITS = 32
) (
    input  wire                   ap_clk,
    input  wire                   ap_rst_n,
    output wire                   interrupt_o,
    output wire [15:0]            broken,
    input  wire [11:0]            s_awaddr,
    input  wire                   s_awvalid,
    output wire                   s_awready,
    input  wire [31:0]            s_wdata,
    input  wire                   s_wvalid,
    output wire                   s_wready,
    output wire                   s_bvalid,
    input  wire                   s_bready,
    input  wire [11:0]            s_araddr,
    input  wire                   s_arvalid,
    output wire                   s_arready,
    output wire [31:0]            s_rdata,
    output wire                   s_rvalid,
    input  wire                   s_rready,
    output wire [63:0]            m_awaddr,
    output wire [7:0]             m_awlen,
    output wire                   m_awvalid,
    input  wire                   m_awready,
    output wire [DATA_BITS-1:0]   m_wdata,
    output wire [DATA_BITS/8-1:0] m_wstrb,
    output wire                   m_wlast,
    output wire                   m_wvalid,
    input  wire                   m_wready,
    input  wire [1:0]             m_bresp,
    input  wire                   m_bvalid,
    output wire                   m_bready,
    output wire [63:0]            m_araddr,
    output wire [7:0]             m_arlen,
    output wire                   m_arvalid,
    input  wire                   m_arready,
    input  wire [DATA_BITS-1:0]   m_rdata,
    input  wire [1:0]             m_rresp,
    input  wire                   m_rlast,
    input  wire                   m_rvalid,
    output wire                   m_rready
);
  wire [2:0] awsize, arsize;
  wire [1:0] awburst, arburst;
  /* verilator lint_off UNUSEDSIGNAL */
  wire [1:0] bresp, rresp;
  /* verilator lint_on UNUSEDSIGNAL */
  eddy #(
      .C_M_AXI_GMEM_DATA_WIDTH(DATA_BITS)
  ) kernel (
      .ap_clk(ap_clk),
      .ap_rst_n(ap_rst_n),
      .interrupt(interrupt_o),
      .s_axi_control_awaddr(s_awaddr),
      .s_axi_control_awvalid(s_awvalid),
      .s_axi_control_awready(s_awready),
      .s_axi_control_wdata(s_wdata),
      .s_axi_control_wstrb(4'hf),
      .s_axi_control_wvalid(s_wvalid),
      .s_axi_control_wready(s_wready),
      .s_axi_control_bresp(bresp),
      .s_axi_control_bvalid(s_bvalid),
      .s_axi_control_bready(s_bready),
      .s_axi_control_araddr(s_araddr),
      .s_axi_control_arvalid(s_arvalid),
      .s_axi_control_arready(s_arready),
      .s_axi_control_rdata(s_rdata),
      .s_axi_control_rresp(rresp),
      .s_axi_control_rvalid(s_rvalid),
      .s_axi_control_rready(s_rready),
      .m_axi_gmem_awaddr(m_awaddr),
      .m_axi_gmem_awlen(m_awlen),
      .m_axi_gmem_awsize(awsize),
      .m_axi_gmem_awburst(awburst),
      .m_axi_gmem_awvalid(m_awvalid),
      .m_axi_gmem_awready(m_awready),
      .m_axi_gmem_wdata(m_wdata),
      .m_axi_gmem_wstrb(m_wstrb),
      .m_axi_gmem_wlast(m_wlast),
      .m_axi_gmem_wvalid(m_wvalid),
      .m_axi_gmem_wready(m_wready),
      .m_axi_gmem_bresp(m_bresp),
      .m_axi_gmem_bvalid(m_bvalid),
      .m_axi_gmem_bready(m_bready),
      .m_axi_gmem_araddr(m_araddr),
      .m_axi_gmem_arlen(m_arlen),
      .m_axi_gmem_arsize(arsize),
      .m_axi_gmem_arburst(arburst),
      .m_axi_gmem_arvalid(m_arvalid),
      .m_axi_gmem_arready(m_arready),
      .m_axi_gmem_rdata(m_rdata),
      .m_axi_gmem_rresp(m_rresp),
      .m_axi_gmem_rlast(m_rlast),
      .m_axi_gmem_rvalid(m_rvalid),
      .m_axi_gmem_rready(m_rready)
  );

  axi_protocol #(
      .DATA_BITS(DATA_BITS)
  ) protocol (
      .clk(ap_clk),
      .rst_n(ap_rst_n),
      .awaddr(m_awaddr),
      .awlen(m_awlen),
      .awsize(awsize),
      .awburst(awburst),
      .awvalid(m_awvalid),
      .awready(m_awready),
      .wdata(m_wdata),
      .wstrb(m_wstrb),
      .wlast(m_wlast),
      .wvalid(m_wvalid),
      .wready(m_wready),
      .bresp(m_bresp),
      .bvalid(m_bvalid),
      .bready(m_bready),
      .araddr(m_araddr),
      .arlen(m_arlen),
      .arsize(arsize),
      .arburst(arburst),
      .arvalid(m_arvalid),
      .arready(m_arready),
      .rdata(m_rdata),
      .rresp(m_rresp),
      .rlast(m_rlast),
      .rvalid(m_rvalid),
      .rready(m_rready),
      .broken(broken)
  );
endmodule

`default_nettype wire
