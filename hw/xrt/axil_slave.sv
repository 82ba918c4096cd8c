// An AXI4-Lite slave in front of registers of 32 bits: a write is one pulse of write, a read one pulse of read with
// read_data valid in the same cycle. One of each may be under way.
`default_nettype none

module axil_slave #(
    parameter ADDRESS_BITS = 12
) (
    input  wire                    clk,
    input  wire                    rst_n,
    input  wire [ADDRESS_BITS-1:0] s_axil_awaddr,
    input  wire                    s_axil_awvalid,
    output wire                    s_axil_awready,
    input  wire [31:0]             s_axil_wdata,
    input  wire [3:0]              s_axil_wstrb,
    input  wire                    s_axil_wvalid,
    output wire                    s_axil_wready,
    output wire [1:0]              s_axil_bresp,
    output reg                     s_axil_bvalid,
    input  wire                    s_axil_bready,
    input  wire [ADDRESS_BITS-1:0] s_axil_araddr,
    input  wire                    s_axil_arvalid,
    output wire                    s_axil_arready,
    output reg  [31:0]             s_axil_rdata,
    output wire [1:0]              s_axil_rresp,
    output reg                     s_axil_rvalid,
    input  wire                    s_axil_rready,
    output wire                    write,
    output wire [ADDRESS_BITS-1:0] write_address,
    output wire [31:0]             write_data,
    output wire [3:0]              write_strobe,
    output wire                    read,
    output wire [ADDRESS_BITS-1:0] read_address,
    input  wire [31:0]             read_data
);
  // A write is taken when address and data are both there, and the response before it has gone.
  assign write = rst_n && s_axil_awvalid && s_axil_wvalid && !s_axil_bvalid;
  assign s_axil_awready = write;
  assign s_axil_wready = write;
  assign write_address = s_axil_awaddr;
  assign write_data = s_axil_wdata;
  assign write_strobe = s_axil_wstrb;
  assign s_axil_bresp = 2'b00;

  assign s_axil_arready = rst_n && !s_axil_rvalid;
  assign read = s_axil_arvalid && s_axil_arready;
  assign read_address = s_axil_araddr;
  assign s_axil_rresp = 2'b00;

  always @(posedge clk) begin
    if (read) s_axil_rdata <= read_data;
    if (!rst_n) begin
      s_axil_bvalid <= 1'b0;
      s_axil_rvalid <= 1'b0;
    end else begin
      s_axil_bvalid <= write || (s_axil_bvalid && !s_axil_bready);
      s_axil_rvalid <= read || (s_axil_rvalid && !s_axil_rready);
    end
  end
endmodule

`default_nettype wire
