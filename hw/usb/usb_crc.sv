// The CRC of USB, one bit a time. Preset to ones; sent complemented, highest bit first.
`default_nettype none

module usb_crc #(
    parameter WIDTH = 16,                // bits: 5 or 16
    parameter [WIDTH-1:0] POLY = 16'h8005
) (
    input  wire             clk,
    input  wire             clear_i,
    input  wire             shift_i,  // take bit_i
    input  wire             bit_i,
    output reg  [WIDTH-1:0] crc_o
);
  wire feedback = crc_o[WIDTH-1] ^ bit_i;
  always @(posedge clk) begin
    if (clear_i) crc_o <= {WIDTH{1'b1}};
    else if (shift_i) crc_o <= {crc_o[WIDTH-2:0], 1'b0} ^ (feedback ? POLY : {WIDTH{1'b0}});
  end
endmodule

`default_nettype wire
