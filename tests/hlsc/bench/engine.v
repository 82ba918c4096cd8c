// engine.v -- the recurrent engine, by hand (HAND) or through hlsc, behind the pins of a UP5K: operands are shifted in.
`default_nettype none

module engine (
  input  wire clk, rst, start, shift, bit_in,
  output wire done, idle,
  input  wire [7:0] byte_in,
  input  wire in_valid,
  output wire in_ready,
  output reg  out_bit,
  output wire out_valid,
  input  wire out_ready
);
  reg [111:0] a;
  reg [15:0] in_word, out_word;
  wire [15:0] word;
  always @(posedge clk) begin
    if (shift) a <= {a[110:0], bit_in};
    in_word <= {in_word[7:0], byte_in};
    out_word <= out_valid & out_ready ? word : out_word << 1;
    out_bit <= out_word[15];
  end
`ifdef HAND
  rnn_top top (.clk(clk), .rst(rst), .start(start), .done(done), .idle(idle), .a0(a[15:0]), .a1(a[31:16]), .a2(a[47:32]),
    .a3(a[63:48]), .a4(a[79:64]), .a5(a[95:80]), .a6(a[111:96]), .s7_tdata(in_word), .s7_tvalid(in_valid), .s7_tready(in_ready),
    .s8_tdata(word), .s8_tvalid(out_valid), .s8_tready(out_ready));
`else
  rnn_top top (.clk(clk), .rst_n(~rst), .start(start), .done(done), .idle(idle), .mode(a[15:0]), .I(a[31:16]), .H(a[47:32]),
    .RB(a[63:48]), .T(a[79:64]), .gap(a[95:80]), .words(a[111:96]), .s_axis_in_tdata(in_word), .s_axis_in_tvalid(in_valid),
    .s_axis_in_tready(in_ready), .m_axis_out_tdata(word), .m_axis_out_tvalid(out_valid), .m_axis_out_tready(out_ready));
`endif
endmodule
