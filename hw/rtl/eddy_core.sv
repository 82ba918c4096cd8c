// The device without its carrier: commands in, results out, 16-bit words. The four processes compiled from
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
  wire [W-1:0] NAME``_in_tdata, NAME``_out_tdata; \
  wire NAME``_in_tvalid, NAME``_in_tready; \
  wire NAME``_out_tvalid, NAME``_out_tready; \
  fifo #( \
      .WIDTH(W), \
      .DEPTH_LOG2(LOG2) \
  ) NAME``_queue ( \
      .clk(clk), \
      .rst_n(rst_n), \
      .s_axis_tdata(NAME``_in_tdata), \
      .s_axis_tvalid(NAME``_in_tvalid), \
      .s_axis_tready(NAME``_in_tready), \
      .m_axis_tdata(NAME``_out_tdata), \
      .m_axis_tvalid(NAME``_out_tvalid), \
      .m_axis_tready(NAME``_out_tready) \
  );
`define EDDY_CONNECT(PORT, WIRE) \
  .PORT``_tdata(WIRE``_tdata), .PORT``_tvalid(WIRE``_tvalid), .PORT``_tready(WIRE``_tready)

  `EDDY_QUEUE(operations, 64, 0)
  `EDDY_QUEUE(data, 16, 5)
  `EDDY_QUEUE(segments, 64, 4)
  `EDDY_QUEUE(drains, 64, 3)
  wire [63:0] descriptors_tdata, beats_tdata;
  wire descriptors_tvalid, descriptors_tready, beats_tvalid, beats_tready;

`ifdef HLSC_CHECK
  wire control_check_failed, steps_check_failed, datapath_check_failed, results_check_failed;
  assign check_failed = control_check_failed | steps_check_failed | datapath_check_failed |
                        results_check_failed;
  assign active = (descriptors_tvalid & descriptors_tready) |
                  (operations_out_tvalid & operations_out_tready) |
                  (segments_out_tvalid & segments_out_tready) |
                  (drains_out_tvalid & drains_out_tready) |
                  (data_out_tvalid & data_out_tready) | (beats_tvalid & beats_tready);
`endif

  control control (
      .clk(clk),
      .rst_n(rst_n),
`ifdef HLSC_CHECK
      .check_failed(control_check_failed),
`endif
      `EDDY_CONNECT(s_axis_commands, s_axis_commands),
      `EDDY_CONNECT(m_axis_operations, operations_in),
      `EDDY_CONNECT(m_axis_data, data_in),
      `EDDY_CONNECT(m_axis_descriptors, descriptors)
  );

  steps steps (
      .clk(clk),
      .rst_n(rst_n),
`ifdef HLSC_CHECK
      .check_failed(steps_check_failed),
`endif
      `EDDY_CONNECT(s_axis_descriptors, descriptors),
      `EDDY_CONNECT(m_axis_segments, segments_in),
      `EDDY_CONNECT(m_axis_drains, drains_in)
  );

  datapath datapath (
      .clk(clk),
      .rst_n(rst_n),
`ifdef HLSC_CHECK
      .check_failed(datapath_check_failed),
`endif
      `EDDY_CONNECT(s_axis_operations, operations_out),
      `EDDY_CONNECT(s_axis_data, data_out),
      `EDDY_CONNECT(s_axis_segments, segments_out),
      `EDDY_CONNECT(s_axis_drains, drains_out),
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
