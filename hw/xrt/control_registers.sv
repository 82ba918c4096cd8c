// The registers of the XRT kernel: AP_CTRL_HS, arguments, doorbells and counters (hw/xrt/registers.h).
`default_nettype none

module control_registers (
    input  wire        clk,
    input  wire        rst_n,
    input  wire [11:0] s_axil_awaddr,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    output wire [1:0]  s_axil_bresp,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    input  wire [11:0] s_axil_araddr,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    /* verilator lint_off SYMRSVDWORD */
    output wire        interrupt,
    /* verilator lint_on SYMRSVDWORD */
    output wire        start,         // the movers are reset: some cycles before a session
    output wire        start_engine,  // the engine too
    output wire        session,
    output wire        stop,
    output wire        abort,
    input  wire        finished,
    output reg  [63:0] commands,
    output reg  [63:0] results,
    output reg  [31:0] ring_bytes,
    output reg  [31:0] command_tail,
    output reg  [31:0] result_head,
    output reg  [31:0] result_end,
    input  wire [31:0] command_head,
    input  wire [31:0] result_tail,
    input  wire        read_error,
    input  wire        write_error,
    input  wire        read_beat,
    input  wire        read_starved,
    input  wire        write_beat,
    input  wire        write_blocked
);
  /* verilator lint_off UNUSEDPARAM */
  `include "registers.svh"
  /* verilator lint_on UNUSEDPARAM */

  wire write, read;
  wire [11:0] write_address, read_address;
  wire [31:0] write_data;
  wire [3:0] write_strobe;
  reg [31:0] read_data;
  axil_slave slave (
      .clk(clk),
      .rst_n(rst_n),
      .s_axil_awaddr(s_axil_awaddr),
      .s_axil_awvalid(s_axil_awvalid),
      .s_axil_awready(s_axil_awready),
      .s_axil_wdata(s_axil_wdata),
      .s_axil_wstrb(s_axil_wstrb),
      .s_axil_wvalid(s_axil_wvalid),
      .s_axil_wready(s_axil_wready),
      .s_axil_bresp(s_axil_bresp),
      .s_axil_bvalid(s_axil_bvalid),
      .s_axil_bready(s_axil_bready),
      .s_axil_araddr(s_axil_araddr),
      .s_axil_arvalid(s_axil_arvalid),
      .s_axil_arready(s_axil_arready),
      .s_axil_rdata(s_axil_rdata),
      .s_axil_rresp(s_axil_rresp),
      .s_axil_rvalid(s_axil_rvalid),
      .s_axil_rready(s_axil_rready),
      .write(write),
      .write_address(write_address),
      .write_data(write_data),
      .write_strobe(write_strobe),
      .read(read),
      .read_address(read_address),
      .read_data(read_data)
  );

  localparam [2:0] START_CYCLES = 3'd4;
  reg [2:0] starting;
  reg running, rung, done, interrupt_enable, done_enable, done_status;
  reg [31:0] control;
  reg [31:0] cycles, read_beats, read_starveds, write_beats, write_blockeds, since_ring, step_cycles;
  reg [31:0] last_tail;

  wire word_write = write && write_strobe == 4'hf;
  wire ap_start = word_write && write_address == 12'h000 && write_data[0];
  wire end_session = running && finished;
  assign start = starting != 0;
  assign start_engine = start && control[2];
  assign session = running;
  assign stop = control[0];
  assign abort = control[1];
  assign interrupt = interrupt_enable && done_enable && done_status;

  always @* begin
    case (read_address)
      // ready, idle, done, start
      12'h000: read_data = {28'b0, done, !running && !start, done, running || start};
      12'h004: read_data = {31'b0, interrupt_enable};
      12'h008: read_data = {31'b0, done_enable};
      12'h00c: read_data = {31'b0, done_status};
      XRT_COMMANDS: read_data = commands[31:0];
      XRT_COMMANDS + 12'd4: read_data = commands[63:32];
      XRT_RESULTS: read_data = results[31:0];
      XRT_RESULTS + 12'd4: read_data = results[63:32];
      XRT_RING_BYTES: read_data = ring_bytes;
      XRT_COMMAND_TAIL: read_data = command_tail;
      XRT_RESULT_HEAD: read_data = result_head;
      XRT_RESULT_END: read_data = result_end;
      XRT_CONTROL: read_data = control;
      XRT_COMMAND_HEAD: read_data = command_head;
      XRT_RESULT_TAIL: read_data = result_tail;
      XRT_STATUS: read_data = {30'b0, write_error, read_error};
      XRT_CYCLES: read_data = cycles;
      XRT_READ_BEATS: read_data = read_beats;
      XRT_READ_STARVED: read_data = read_starveds;
      XRT_WRITE_BEATS: read_data = write_beats;
      XRT_WRITE_BLOCKED: read_data = write_blockeds;
      XRT_STEP_CYCLES: read_data = step_cycles;
      XRT_IDENTITY: read_data = XRT_IDENTITY_VALUE;
      default: read_data = 32'd0;
    endcase
  end

  always @(posedge clk) begin
    rung <= 1'b0;
    if (word_write)
      case (write_address)
        12'h004: interrupt_enable <= write_data[0];
        12'h008: done_enable <= write_data[0];
        XRT_COMMANDS: commands[31:0] <= write_data;
        XRT_COMMANDS + 12'd4: commands[63:32] <= write_data;
        XRT_RESULTS: results[31:0] <= write_data;
        XRT_RESULTS + 12'd4: results[63:32] <= write_data;
        XRT_RING_BYTES: ring_bytes <= write_data;
        XRT_COMMAND_TAIL: begin
          command_tail <= write_data;
          rung <= 1'b1;
        end
        XRT_RESULT_HEAD: result_head <= write_data;
        XRT_RESULT_END: result_end <= write_data;
        XRT_CONTROL: control <= write_data;
        default: ;
      endcase

    if (start) begin
      cycles <= 0;
      read_beats <= 0;
      read_starveds <= 0;
      write_beats <= 0;
      write_blockeds <= 0;
      step_cycles <= 0;
      since_ring <= 0;
      last_tail <= 0;
    end else begin
      cycles <= cycles + {31'b0, running};
      read_beats <= read_beats + {31'b0, read_beat};
      read_starveds <= read_starveds + {31'b0, running && read_starved};
      write_beats <= write_beats + {31'b0, write_beat};
      write_blockeds <= write_blockeds + {31'b0, running && write_blocked};
      since_ring <= rung ? 32'd1 : since_ring + 32'd1;
      last_tail <= result_tail;
      if (last_tail != result_tail) step_cycles <= since_ring;
    end

    if (!rst_n) begin
      starting <= 0;
      running <= 1'b0;
      done <= 1'b0;
      interrupt_enable <= 1'b0;
      done_enable <= 1'b0;
      done_status <= 1'b0;
      control <= 0;
      command_tail <= 0;
      result_head <= 0;
      result_end <= 0;
      commands <= 0;
      results <= 0;
      ring_bytes <= 32'd4096;
    end else begin
      if (ap_start && !running && !start) starting <= START_CYCLES;
      else if (start) starting <= starting - 3'd1;
      running <= starting == 3'd1 || (running && !end_session);
      done <= end_session || (done && !(read && read_address == 12'h000));
      // ISR is cleared bit by bit by writing ones.
      done_status <= (end_session && done_enable) ||
          (done_status && !(word_write && write_address == 12'h00c && write_data[0]));
    end
  end
endmodule

`default_nettype wire
