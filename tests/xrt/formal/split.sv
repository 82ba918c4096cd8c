// What axi_split promises, for every address and every number of words.
module split #(
    parameter DATA_BITS = 32,
    parameter MAX_BEATS = 64
) (
    input wire clk,
    input wire [11:0] address,
    input wire [31:0] available
);
  localparam BYTES = DATA_BITS / 8;
  localparam LANES = DATA_BITS / 16;
  wire [11:0] words;
  wire [8:0] beats;
  axi_split #(
      .DATA_BITS(DATA_BITS),
      .MAX_BEATS(MAX_BEATS)
  ) dut (
      .address(address),
      .available(available),
      .words(words),
      .beats(beats)
  );
  wire [12:0] first_beat = {1'b0, address} / BYTES * BYTES;
  wire [12:0] end_of_words = {1'b0, address} + {words, 1'b0};
  wire [12:0] end_of_beats = first_beat + beats * BYTES;
  always @(posedge clk)
    if (!address[0]) begin
      assert ({20'b0, words} <= available);
      assert ((words == 0) == (available == 0));
      assert (beats <= MAX_BEATS);
      if (available != 0) begin
        assert (beats != 0);
        // all of the words, no beat without one
        assert (end_of_words <= end_of_beats);
        assert (end_of_words + BYTES > end_of_beats);
        assert (end_of_beats <= 13'd4096);
        // as long as may be
        assert ({20'b0, words} == available || end_of_beats == 13'd4096 || beats == MAX_BEATS);
      end
    end
endmodule
