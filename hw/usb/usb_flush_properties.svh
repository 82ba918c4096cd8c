// What flushing promises: both sides of the queues begin anew together, from registers that are all zero, as the proof of
// usb_fifo begins. tests/usb/prove.sh makes a module of the lines of usb_device that flush, and both clocks conditions of one.
//
// A side is clean when it has been clocked in reset, and not since out of it. Sides that were clean at once are a pair: with one of them
// held in reset, that is as if its clock stood still. What is no pair must not move, but for two clocks of the engine until it is in
// reset itself: it cannot see the other's pointers change before the third.
wire [4:0] ring = {flushing_q, engine_reset_sync_q, engine_reset_q, seen_sync_q, seen_q};
reg bus_clean_q = 1'b0, engine_clean_q = 1'b0, pair_q = 1'b0;
reg [1:0] strays_q = 2'd0;
wire bus_clean = clk ? !queues_rst_n : bus_clean_q;
wire engine_clean = engine_clk ? !engine_rst_n : engine_clean_q;
wire torn = (clk && !queues_rst_n && !bus_clean_q && !engine_clean) || (engine_clk && !engine_rst_n && !engine_clean_q && !bus_clean);
initial {flushing_q, engine_reset_sync_q, engine_reset_q, seen_sync_q, seen_q} = 5'b10000;

always @(posedge clock) begin
  bus_clean_q <= bus_clean;
  engine_clean_q <= engine_clean;
  pair_q <= (bus_clean && engine_clean) || (pair_q && !torn);
  if (bus_clean && engine_clean) strays_q <= 2'd0;
  else if (engine_clk && engine_rst_n && !pair_q) strays_q <= strays_q + 2'd1;
end

always @* begin
  // No request while the sides leave the reset of another: that takes two clocks of each, the bus at least 120 of its own until the next.
  assume (!(flush_request || !device_rst_n) || flushing_q || ring == 5'd0);
  // The reset goes round: in at flushing_q, out behind it.
  assert (ring == 5'b00000 || ring == 5'b10000 || ring == 5'b11000 || ring == 5'b11100 || ring == 5'b11110 || ring == 5'b11111 ||
      ring == 5'b01111 || ring == 5'b00111 || ring == 5'b00011 || ring == 5'b00001);
  assert (!seen_q || bus_clean_q);
  assert (engine_reset_sync_q || !engine_reset_q || engine_clean_q);
  assert (pair_q || flushing_q || engine_reset_sync_q);
  assert (pair_q || strays_q <= {1'b0, engine_reset_sync_q} + {1'b0, engine_reset_q});
  assert (!pair_q || strays_q == 2'd0);
  // What it is for.
  assert (!queues_rst_n || pair_q);
  assert (!engine_rst_n || pair_q || strays_q < 2'd2);
end
