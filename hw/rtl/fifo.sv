// A first-in first-out queue between two AXI4-Stream ports of one clock, the output registered.
`default_nettype none

module fifo #(
    parameter WIDTH = 16,      // bits of a word
    parameter DEPTH_LOG2 = 4   // log2 of the words held, beside the one at the output
) (
    input  wire             clk,
    input  wire             rst_n,
    input  wire [WIDTH-1:0] s_axis_tdata,
    input  wire             s_axis_tvalid,
    output wire             s_axis_tready,
    output reg  [WIDTH-1:0] m_axis_tdata,
    output reg              m_axis_tvalid,
    input  wire             m_axis_tready
);
  wire pop;

  generate
    if (DEPTH_LOG2 == 0) begin : g_word
      reg [WIDTH-1:0] word;
      reg held;

      assign s_axis_tready = !held;
      assign pop = held && (!m_axis_tvalid || m_axis_tready);

      always @(posedge clk) begin
        if (!held) word <= s_axis_tdata;
        if (pop) m_axis_tdata <= word;
        held <= rst_n && (held ? !pop : s_axis_tvalid);
      end
    end else begin : g_words
      reg [WIDTH-1:0] words[0:(1<<DEPTH_LOG2)-1];
      reg [DEPTH_LOG2:0] write_q, read_q;

      wire empty = write_q == read_q;
      wire full = write_q == (read_q ^ {1'b1, {DEPTH_LOG2{1'b0}}});
      wire push = s_axis_tvalid && !full;

      assign s_axis_tready = !full;
      assign pop = !empty && (!m_axis_tvalid || m_axis_tready);

      always @(posedge clk) begin
        if (push) words[write_q[DEPTH_LOG2-1:0]] <= s_axis_tdata;
        if (pop) m_axis_tdata <= words[read_q[DEPTH_LOG2-1:0]];
        if (!rst_n) begin
          write_q <= 0;
          read_q <= 0;
        end else begin
          write_q <= write_q + {{DEPTH_LOG2{1'b0}}, push};
          read_q <= read_q + {{DEPTH_LOG2{1'b0}}, pop};
        end
      end
    end
  endgenerate

  always @(posedge clk) m_axis_tvalid <= rst_n && (pop || (m_axis_tvalid && !m_axis_tready));
endmodule

`default_nettype wire
