// What axil_slave promises, whatever a master does that keeps its signals until they are taken.
module slave (
    input wire clk,
    input wire rst_n,
    input wire [11:0] awaddr,
    input wire awvalid,
    input wire [31:0] wdata,
    input wire [3:0] wstrb,
    input wire wvalid,
    input wire bready,
    input wire [11:0] araddr,
    input wire arvalid,
    input wire rready,
    input wire [31:0] read_data
);
  wire awready, wready, bvalid, arready, rvalid, write, read;
  wire [1:0] bresp, rresp;
  wire [31:0] rdata, write_data;
  wire [11:0] write_address, read_address;
  wire [3:0] write_strobe;
  axil_slave dut (
      .clk(clk),
      .rst_n(rst_n),
      .s_axil_awaddr(awaddr),
      .s_axil_awvalid(awvalid),
      .s_axil_awready(awready),
      .s_axil_wdata(wdata),
      .s_axil_wstrb(wstrb),
      .s_axil_wvalid(wvalid),
      .s_axil_wready(wready),
      .s_axil_bresp(bresp),
      .s_axil_bvalid(bvalid),
      .s_axil_bready(bready),
      .s_axil_araddr(araddr),
      .s_axil_arvalid(arvalid),
      .s_axil_arready(arready),
      .s_axil_rdata(rdata),
      .s_axil_rresp(rresp),
      .s_axil_rvalid(rvalid),
      .s_axil_rready(rready),
      .write(write),
      .write_address(write_address),
      .write_data(write_data),
      .write_strobe(write_strobe),
      .read(read),
      .read_address(read_address),
      .read_data(read_data)
  );

  reg started = 0;
  reg was_b = 0, was_r = 0, was_aw = 0, was_w = 0, was_ar = 0, was_write = 0, was_read = 0;
  reg was_reset = 1;
  reg [31:0] was_rdata = 0, was_read_data = 0, was_wdata = 0;
  reg [11:0] was_awaddr = 0, was_araddr = 0;
  reg [3:0] was_wstrb = 0;
  // Requests taken and not yet answered.
  reg [1:0] aw_open = 0, w_open = 0, ar_open = 0;
  // How long a whole request has waited with a master that takes answers.
  reg [2:0] write_wait = 0, read_wait = 0;

  always @(posedge clk) begin
    started <= 1;
    was_reset <= !rst_n;
    was_b <= bvalid && !bready;
    was_r <= rvalid && !rready;
    was_aw <= awvalid && !awready;
    was_w <= wvalid && !wready;
    was_ar <= arvalid && !arready;
    was_write <= write;
    was_read <= read;
    was_rdata <= rdata;
    was_read_data <= read_data;
    was_awaddr <= awaddr;
    was_araddr <= araddr;
    was_wdata <= wdata;
    was_wstrb <= wstrb;
    aw_open <= aw_open + (awvalid && awready) - (bvalid && bready);
    w_open <= w_open + (wvalid && wready) - (bvalid && bready);
    ar_open <= ar_open + (arvalid && arready) - (rvalid && rready);
    write_wait <= awvalid && wvalid && !write && bready ? write_wait + 1 : 0;
    read_wait <= arvalid && !read && rready ? read_wait + 1 : 0;
    if (!rst_n) begin
      aw_open <= 0;
      w_open <= 0;
      ar_open <= 0;
      write_wait <= 0;
      read_wait <= 0;
    end

    // the master
    if (!started) assume (!rst_n);
    if (started && !was_reset && rst_n) begin
      if (was_aw) assume (awvalid && awaddr == was_awaddr);
      if (was_w) assume (wvalid && wdata == was_wdata && wstrb == was_wstrb);
      if (was_ar) assume (arvalid && araddr == was_araddr);
    end

    // the slave
    if (started && !was_reset && rst_n) begin
      if (was_b) assert (bvalid);
      if (was_r) assert (rvalid && rdata == was_rdata);
      // an answer for each request, none without
      assert (bvalid == (aw_open != 0));
      assert (aw_open == w_open && aw_open <= 1);
      assert (rvalid == (ar_open != 0));
      assert (ar_open <= 1);
      // the registers see what the bus carries, once
      assert (write == (awvalid && awready) && write == (wvalid && wready));
      if (write) assert (write_address == awaddr && write_data == wdata && write_strobe == wstrb);
      assert (read == (arvalid && arready));
      if (read) assert (read_address == araddr);
      if (was_read) assert (rvalid && rdata == was_read_data);
      if (was_write) assert (bvalid);
      assert (bresp == 0 && rresp == 0);
      // nobody waits for ever
      assert (write_wait <= 1);
      assert (read_wait <= 1);
    end
    if (started && was_reset) assert (!bvalid && !rvalid);
  end
endmodule
