# Clocks of the two domains, for nextpnr-ice40 --pre-pack.
ctx.addClock("clk", 48)
ctx.addClock("engine_clk", 24)
