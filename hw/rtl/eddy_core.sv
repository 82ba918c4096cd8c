// The device without its carrier: commands in, results out, 16-bit words. The three processes compiled from
// hls/ and the queues between them.
`default_nettype none

module eddy_core (
    input  wire        clk,
    input  wire        rst_n,
    input  wire [15:0] s_axis_commands_tdata,
    input  wire        s_axis_commands_tvalid,
    output wire        s_axis_commands_tready,
    output wire [15:0] m_axis_results_tdata,
    output wire        m_axis_results_tvalid,
    input  wire        m_axis_results_tready
`ifdef HLSC_CHECK
    ,
    output wire        check_failed, // a promise of the HLS C about distances was broken
    output wire        active        // a descriptor, an element or a result moved between processes
`endif
);
`define EDDY_QUEUE(NAME, W, LOG2) \
  wire [W-1:0] control_``NAME``_tdata, datapath_``NAME``_tdata; \
  wire control_``NAME``_tvalid, control_``NAME``_tready; \
  wire datapath_``NAME``_tvalid, datapath_``NAME``_tready; \
  fifo #( \
      .WIDTH(W), \
      .DEPTH_LOG2(LOG2) \
  ) NAME``_queue ( \
      .clk(clk), \
      .rst_n(rst_n), \
      .s_axis_tdata(control_``NAME``_tdata), \
      .s_axis_tvalid(control_``NAME``_tvalid), \
      .s_axis_tready(control_``NAME``_tready), \
      .m_axis_tdata(datapath_``NAME``_tdata), \
      .m_axis_tvalid(datapath_``NAME``_tvalid), \
      .m_axis_tready(datapath_``NAME``_tready) \
  );
`define EDDY_CONNECT(PORT, WIRE) \
  .PORT``_tdata(WIRE``_tdata), .PORT``_tvalid(WIRE``_tvalid), .PORT``_tready(WIRE``_tready)

  `EDDY_QUEUE(operations, 64, 0)
  `EDDY_QUEUE(data, 16, 5)
  `EDDY_QUEUE(segments, 64, 4)
  `EDDY_QUEUE(drains, 64, 3)
  wire [63:0] beats_tdata;
  wire beats_tvalid, beats_tready;

`ifdef HLSC_CHECK
  wire control_check_failed, datapath_check_failed, results_check_failed;
  assign check_failed = control_check_failed | datapath_check_failed | results_check_failed;
  assign active = (datapath_operations_tvalid & datapath_operations_tready) |
                  (datapath_segments_tvalid & datapath_segments_tready) |
                  (datapath_drains_tvalid & datapath_drains_tready) |
                  (datapath_data_tvalid & datapath_data_tready) | (beats_tvalid & beats_tready);
`endif

  control control (
      .clk(clk),
      .rst_n(rst_n),
`ifdef HLSC_CHECK
      .check_failed(control_check_failed),
`endif
      `EDDY_CONNECT(s_axis_commands, s_axis_commands),
      `EDDY_CONNECT(m_axis_operations, control_operations),
      `EDDY_CONNECT(m_axis_data, control_data),
      `EDDY_CONNECT(m_axis_segments, control_segments),
      `EDDY_CONNECT(m_axis_drains, control_drains)
  );

  datapath datapath (
      .clk(clk),
      .rst_n(rst_n),
`ifdef HLSC_CHECK
      .check_failed(datapath_check_failed),
`endif
      `EDDY_CONNECT(s_axis_operations, datapath_operations),
      `EDDY_CONNECT(s_axis_data, datapath_data),
      `EDDY_CONNECT(s_axis_segments, datapath_segments),
      `EDDY_CONNECT(s_axis_drains, datapath_drains),
      `EDDY_CONNECT(m_axis_results, beats)
  );

  results results (
      .clk(clk),
      .rst_n(rst_n),
`ifdef HLSC_CHECK
      .check_failed(results_check_failed),
`endif
      `EDDY_CONNECT(s_axis_beats, beats),
      `EDDY_CONNECT(m_axis_answers, m_axis_results)
  );
endmodule

`default_nettype wire
