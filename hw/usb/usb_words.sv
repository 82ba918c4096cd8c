// Bytes to 16-bit words and back, little-endian.
`default_nettype none

module usb_words (
    input  wire        clk,
    input  wire        rst_n,
    input  wire [ 7:0] byte_i,         // of usb_fifo: good from the second clock after byte_read_o on
    input  wire        byte_valid_i,   // two clocks late
    output wire        byte_read_o,
    output reg  [15:0] m_axis_tdata,
    output reg         m_axis_tvalid,
    input  wire        m_axis_tready,
    input  wire [15:0] s_axis_tdata,
    input  wire        s_axis_tvalid,
    output wire        s_axis_tready,
    input  wire        room_i,         // for two bytes more than those of the two latest clocks
    output wire        byte_write_o,
    output wire [ 7:0] byte_o
);
  reg [1:0] settling_q;
  reg high_q;
  assign byte_read_o = byte_valid_i && settling_q == 2'd0 && (!m_axis_tvalid || m_axis_tready);
  always @(posedge clk) begin
    settling_q <= {settling_q[0], byte_read_o};
    if (m_axis_tready) m_axis_tvalid <= 1'b0;
    if (byte_read_o) begin
      m_axis_tdata <= {byte_i, m_axis_tdata[15:8]};
      m_axis_tvalid <= high_q;
      high_q <= !high_q;
    end
    if (!rst_n) begin
      settling_q <= 2'd0;
      high_q <= 1'b0;
      m_axis_tvalid <= 1'b0;
    end
  end

  reg [7:0] left_q;  // the high byte of a word whose low byte is written
  reg left_valid_q;
  assign s_axis_tready = room_i && !left_valid_q;
  assign byte_write_o = room_i && (left_valid_q || s_axis_tvalid);
  assign byte_o = left_valid_q ? left_q : s_axis_tdata[7:0];
  always @(posedge clk) begin
    if (byte_write_o) left_valid_q <= !left_valid_q;
    if (s_axis_tready) left_q <= s_axis_tdata[15:8];
    if (!rst_n) left_valid_q <= 1'b0;
  end
endmodule

`default_nettype wire
