// iCEBreaker Bitsy v1 (iCE40UP5K): 12 MHz crystal, USB on three pins.
`default_nettype none

module bitsy #(
    parameter [31:0] SERIAL = 32'h00000001
) (
    input  wire clk_in,  // 12 MHz
    inout  wire usb_dp,
    inout  wire usb_dn,
    output wire usb_pu
);
  // 12 MHz * 64 / 16 = 48 MHz for the bus; half of it for the engine.
  wire clk, engine_clk, locked;
  SB_PLL40_2F_PAD #(
      .FEEDBACK_PATH("SIMPLE"),
      .DIVR(4'd0),
      .DIVF(7'd63),
      .DIVQ(3'd4),
      .FILTER_RANGE(3'd1),
      .PLLOUT_SELECT_PORTA("GENCLK"),
      .PLLOUT_SELECT_PORTB("GENCLK_HALF")
  ) pll (
      .PACKAGEPIN(clk_in),
      .PLLOUTGLOBALA(clk),
      .PLLOUTGLOBALB(engine_clk),
      .RESETB(1'b1),
      .BYPASS(1'b0),
      .LOCK(locked)
  );

  // The memories of an iCE40 are not ready in the first microseconds after configuration.
  reg [9:0] started_q = 10'd0;
  always @(posedge clk)
    if (!locked) started_q <= 10'd0;
    else if (!started_q[9]) started_q <= started_q + 10'd1;

  wire dp_in, dm_in, dp_out, dm_out, oe;
  SB_IO #(
      .PIN_TYPE(6'b1101_00)  // registered input, output and enable
  ) pins[1:0] (
      .PACKAGE_PIN({usb_dp, usb_dn}),
      .INPUT_CLK(clk),
      .OUTPUT_CLK(clk),
      .OUTPUT_ENABLE(oe),
      .D_OUT_0({dp_out, dm_out}),
      .D_IN_0({dp_in, dm_in})
  );

  eddy_usb device (
      .clk(clk),
      .rst_n(started_q[9]),
      .engine_clk(engine_clk),
      .dp_i(dp_in),
      .dm_i(dm_in),
      .dp_o(dp_out),
      .dm_o(dm_out),
      .oe_o(oe),
      .pullup_o(usb_pu),
      .serial_i(SERIAL),
      .configured_o(),
      .suspended_o()
  );
endmodule

`default_nettype wire
