// ULX3S v2 and v3 (ECP5 in a CABGA381, 12F to 85F): 25 MHz crystal, the second USB connector US2.
`default_nettype none

module ulx3s #(
    parameter [31:0] SERIAL = 32'h00000001,
    parameter ENGINE_DIVIDER = 10  // the engine's clock: 600 MHz / ENGINE_DIVIDER
) (
    input  wire clk_25mhz,
    inout  wire usb_fpga_bd_dp,
    inout  wire usb_fpga_bd_dn,
    output wire usb_fpga_pu_dp,
    output wire usb_fpga_pu_dn
);
  // The bus: 25 MHz / 25 * 48 = 48 MHz, its VCO at 576 MHz. The engine: a VCO at 600 MHz, divided.
  wire clk, engine_clk, locked, engine_locked;
  EHXPLLL #(
      .CLKI_DIV(25),
      .CLKFB_DIV(48),
      .CLKOP_DIV(12),
      .CLKOP_CPHASE(11),
      .FEEDBK_PATH("CLKOP"),
      .CLKOP_ENABLE("ENABLED"),
      .OUTDIVIDER_MUXA("DIVA")
  ) bus_pll (
      .CLKI(clk_25mhz),
      .CLKFB(clk),
      .CLKOP(clk),
      .RST(1'b0),
      .STDBY(1'b0),
      .PHASESEL0(1'b0),
      .PHASESEL1(1'b0),
      .PHASEDIR(1'b0),
      .PHASESTEP(1'b0),
      .PHASELOADREG(1'b0),
      .PLLWAKESYNC(1'b0),
      .ENCLKOP(1'b0),
      .LOCK(locked)
  );
  wire feedback;
  EHXPLLL #(
      .CLKI_DIV(1),
      .CLKFB_DIV(2),
      .CLKOP_DIV(12),
      .CLKOP_CPHASE(11),
      .CLKOS_DIV(ENGINE_DIVIDER),
      .CLKOS_CPHASE(ENGINE_DIVIDER - 1),
      .FEEDBK_PATH("CLKOP"),
      .CLKOP_ENABLE("ENABLED"),
      .CLKOS_ENABLE("ENABLED"),
      .OUTDIVIDER_MUXA("DIVA"),
      .OUTDIVIDER_MUXB("DIVB")
  ) engine_pll (
      .CLKI(clk_25mhz),
      .CLKFB(feedback),
      .CLKOP(feedback),
      .CLKOS(engine_clk),
      .RST(1'b0),
      .STDBY(1'b0),
      .PHASESEL0(1'b0),
      .PHASESEL1(1'b0),
      .PHASEDIR(1'b0),
      .PHASESTEP(1'b0),
      .PHASELOADREG(1'b0),
      .PLLWAKESYNC(1'b0),
      .ENCLKOP(1'b0),
      .ENCLKOS(1'b0),
      .LOCK(engine_locked)
  );

  reg [9:0] started_q = 10'd0;
  always @(posedge clk)
    if (!locked || !engine_locked) started_q <= 10'd0;
    else if (!started_q[9]) started_q <= started_q + 10'd1;

  reg dp_in_q, dm_in_q;
  wire dp_in, dm_in, dp_out, dm_out, oe;
  assign dp_in = usb_fpga_bd_dp;
  assign dm_in = usb_fpga_bd_dn;
  assign usb_fpga_bd_dp = oe ? dp_out : 1'bz;
  assign usb_fpga_bd_dn = oe ? dm_out : 1'bz;
  assign usb_fpga_pu_dn = 1'bz;
  always @(posedge clk) begin
    dp_in_q <= dp_in;
    dm_in_q <= dm_in;
  end

  eddy_usb device (
      .clk(clk),
      .rst_n(started_q[9]),
      .engine_clk(engine_clk),
      .dp_i(dp_in_q),
      .dm_i(dm_in_q),
      .dp_o(dp_out),
      .dm_o(dm_out),
      .oe_o(oe),
      .pullup_o(usb_fpga_pu_dp),
      .serial_i(SERIAL),
      .configured_o(),
      .suspended_o()
  );
endmodule

`default_nettype wire
