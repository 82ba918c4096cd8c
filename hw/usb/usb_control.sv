// Requests on endpoint 0. Whatever is answered is an entry of the ROM; whatever the ROM has not is stalled.
`default_nettype none

module usb_control (
    input  wire        clk,
    input  wire        rst_n,            // also on a bus reset
    input  wire [63:0] setup_i,
    input  wire        setup_valid_i,
    input  wire [31:0] serial_i,
    output reg  [ 6:0] address_o,
    output reg         configured_o,
    output reg         stall_o,
    output wire        busy_o,
    output reg         in_o,
    output wire        more_o,
    output wire [ 7:0] data_o,
    input  wire        next_i,
    input  wire        again_i,          // an IN token: from the beginning
    input  wire        sent_i,
    input  wire        done_i,
    output reg         halt_out_o,
    output reg         halt_in_o,
    output reg         clear_toggle_out_o,
    output reg         clear_toggle_in_o,
    output reg         flush_o,          // empty the streams, reset the engine
    input  wire        flushing_i
);
  wire [7:0] type_ = setup_i[7:0], request = setup_i[15:8], value = setup_i[23:16];
  wire [7:0] value_high = setup_i[31:24];
  wire [15:0] index = setup_i[47:32], length = setup_i[63:48];
  wire to_host = type_[7];

  // ---- decoding: the packet's CRC is still to come, so there is time for three clocks ----
  wire is_out = index[7:0] == 8'h01, is_in = index[7:0] == 8'h81;
  reg for_device, for_interface, for_endpoint, for_vendor;
  reg endpoint_known, endpoint_halted, value_zero, value_high_zero, first_interface, no_data, vendor_known;
  always @(posedge clk) begin
    for_device <= type_[6:0] == 7'h00;
    for_interface <= type_[6:0] == 7'h01;
    for_endpoint <= type_[6:0] == 7'h02;
    for_vendor <= type_[6:0] == 7'h40;
    endpoint_known <= index[15:8] == 8'd0 && index[6:4] == 3'd0 &&
        (index[3:0] == 4'd0 || (configured_o && (is_out || is_in)));
    endpoint_halted <= (is_out && halt_out_o) || (is_in && halt_in_o);
    value_zero <= value == 8'd0;
    value_high_zero <= value_high == 8'd0;
    first_interface <= configured_o && index == 16'd0;
    no_data <= length == 16'd0;
    vendor_known <= request == (to_host ? `USB_REQUEST_ID : `USB_REQUEST_RESET);
  end

  reg [3:0] entry;
  reg answered, accepted;  // with data to the host, without data
  always @(posedge clk) begin
    entry <= `USB_ROM_WORD_0;
    answered <= 1'b0;
    accepted <= 1'b0;
    casez ({to_host, request})
      {1'b1, 8'd0} : begin  // GET_STATUS
        answered <= for_device || (for_interface && first_interface) || (for_endpoint && endpoint_known);
        if (for_endpoint && endpoint_halted) entry <= `USB_ROM_WORD_1;
      end
      {1'b0, 8'd1}, {1'b0, 8'd3}: // CLEAR_FEATURE, SET_FEATURE
        accepted <= for_endpoint && endpoint_known && value_zero && value_high_zero;
      {1'b0, 8'd5} : accepted <= for_device && !value[7] && value_high_zero;  // SET_ADDRESS
      {1'b1, 8'd6} : begin  // GET_DESCRIPTOR
        answered <= for_device;
        case ({value_high, value})
          16'h0100: entry <= `USB_ROM_DEVICE;
          16'h0200: entry <= `USB_ROM_CONFIGURATION;
          16'h0300: entry <= `USB_ROM_LANGUAGE;
          16'h0301: entry <= `USB_ROM_MANUFACTURER;
          16'h0302: entry <= `USB_ROM_PRODUCT;
          16'h0303: entry <= `USB_ROM_SERIAL;
          default: answered <= 1'b0;
        endcase
      end
      {1'b1, 8'd8} : begin  // GET_CONFIGURATION
        answered <= for_device;
        entry <= configured_o ? `USB_ROM_BYTE_1 : `USB_ROM_BYTE_0;
      end
      {1'b0, 8'd9} : accepted <= for_device && value[7:1] == 7'd0;  // SET_CONFIGURATION
      {1'b1, 8'd10} : begin  // GET_INTERFACE
        answered <= for_interface && first_interface;
        entry <= `USB_ROM_BYTE_0;
      end
      {1'b0, 8'd11} : // SET_INTERFACE
        accepted <= for_interface && first_interface && value_zero;
      default: ;
    endcase
  end

  wire good = for_vendor ? vendor_known : to_host ? answered : accepted;
  reg [3:0] decoded_entry_q;
  reg stalled_q, carried_q, vendor_q, out_q, in_q;
  always @(posedge clk) begin
    decoded_entry_q <= for_vendor ? `USB_ROM_ID : entry;
    stalled_q <= !(good && (to_host || no_data));
    carried_q <= good && !to_host && no_data;
    vendor_q <= for_vendor;
    out_q <= is_out;
    in_q <= is_in;
  end

  // ---- carrying out ----
  reg set_address_q;
  reg [3:0] loading_q;  // one bit, on its way down: start_q and end_q are not yet those of the entry
  assign busy_o = flushing_i || flush_o || loading_q != 4'd0;
  always @(posedge clk) begin
    clear_toggle_out_o <= 1'b0;
    clear_toggle_in_o <= 1'b0;
    flush_o <= 1'b0;
    if (setup_valid_i) begin
      in_o <= to_host && length != 16'd0;
      stall_o <= stalled_q;
      set_address_q <= 1'b0;
      if (carried_q) begin
        if (vendor_q) flush_o <= 1'b1;
        else
          case (request)
            8'd1, 8'd3: begin
              if (out_q) halt_out_o <= request[1];
              if (in_q) halt_in_o <= request[1];
              clear_toggle_out_o <= out_q && !request[1];
              clear_toggle_in_o  <= in_q && !request[1];
            end
            8'd5: set_address_q <= 1'b1;
            8'd9: begin
              configured_o <= value[0];
              halt_out_o <= 1'b0;
              halt_in_o <= 1'b0;
              clear_toggle_out_o <= 1'b1;
              clear_toggle_in_o <= 1'b1;
            end
            8'd11: begin
              clear_toggle_out_o <= 1'b1;
              clear_toggle_in_o  <= 1'b1;
              halt_out_o <= 1'b0;
              halt_in_o <= 1'b0;
            end
            default: ;
          endcase
      end
    end
    if (done_i && set_address_q) begin
      address_o <= value[6:0];
      set_address_q <= 1'b0;
    end
    if (!rst_n) begin
      address_o <= 7'd0;
      configured_o <= 1'b0;
      stall_o <= 1'b0;
      in_o <= 1'b0;
      halt_out_o <= 1'b0;
      halt_in_o <= 1'b0;
      set_address_q <= 1'b0;
    end
  end

  // ---- the answer, from the ROM: directory first ----
  reg [3:0] entry_q;
  reg [7:0] start_q, length_q, position_q, end_q;
  reg sent_q;
  wire [8:0] word;
  wire [7:0] address = loading_q[3] ? {3'd0, entry_q, 1'b0} : loading_q[2] ? {3'd0, entry_q, 1'b1} : position_q;
  usb_rom words (
      .clk(clk),
      .address_i(address),
      .data_o(word)
  );
  wire [3:0] digit = serial_i[{word[2:0], 2'b00}+:4];
  assign data_o = word[8] ? {4'h3, digit} + (digit > 4'd9 ? 8'd7 : 8'd0) : word[7:0];
  assign more_o = position_q != end_q;

  always @(posedge clk) begin
    loading_q <= loading_q >> 1;
    if (loading_q[2]) start_q <= word[7:0];
    if (loading_q[1]) length_q <= length < {8'd0, word[7:0]} ? length[7:0] : word[7:0];
    if (loading_q[0]) begin
      position_q <= start_q;
      end_q <= start_q + length_q;
    end
    if (again_i) position_q <= sent_q ? end_q : start_q;
    if (next_i) position_q <= position_q + 8'd1;
    if (sent_i) sent_q <= 1'b1;
    if (setup_valid_i) begin
      entry_q   <= decoded_entry_q;
      loading_q <= 4'b1000;
      sent_q <= 1'b0;
    end
    if (!rst_n) begin
      loading_q <= 4'd0;
      position_q <= 8'd0;
      end_q <= 8'd0;
    end
  end
endmodule

`default_nettype wire
