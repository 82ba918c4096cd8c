// The engine behind USB: all of a board but its clocks and pins.
`default_nettype none

module eddy_usb (
    input  wire        clk,           // 48 MHz
    input  wire        rst_n,
    input  wire        engine_clk,
    input  wire        dp_i,
    input  wire        dm_i,
    output wire        dp_o,
    output wire        dm_o,
    output wire        oe_o,
    output wire        pullup_o,
    input  wire [31:0] serial_i,
    output wire        configured_o,
    output wire        suspended_o
`ifdef HLSC_CHECK
    ,
    output wire        check_failed
`endif
);
  wire engine_rst_n;
  wire [15:0] commands_tdata, results_tdata;
  wire commands_tvalid, commands_tready, results_tvalid, results_tready;

  usb_device device (
      .clk(clk),
      .rst_n(rst_n),
      .dp_i(dp_i),
      .dm_i(dm_i),
      .dp_o(dp_o),
      .dm_o(dm_o),
      .oe_o(oe_o),
      .pullup_o(pullup_o),
      .serial_i(serial_i),
      .configured_o(configured_o),
      .suspended_o(suspended_o),
      .engine_clk(engine_clk),
      .engine_rst_n(engine_rst_n),
      .m_axis_commands_tdata(commands_tdata),
      .m_axis_commands_tvalid(commands_tvalid),
      .m_axis_commands_tready(commands_tready),
      .s_axis_results_tdata(results_tdata),
      .s_axis_results_tvalid(results_tvalid),
      .s_axis_results_tready(results_tready)
  );

  eddy_core core (
      .clk(engine_clk),
      .rst_n(engine_rst_n),
`ifdef HLSC_CHECK
      .check_failed(check_failed),
      .active(),
`endif
      .s_axis_commands_tdata(commands_tdata),
      .s_axis_commands_tvalid(commands_tvalid),
      .s_axis_commands_tready(commands_tready),
      .m_axis_results_tdata(results_tdata),
      .m_axis_results_tvalid(results_tvalid),
      .m_axis_results_tready(results_tready)
  );
endmodule

`default_nettype wire
