# harness.jq -- from a report: a module that shifts a kernel's inputs in and its outputs out, for place and route.
def pins:
  [.ports[] | .name as $n |
    if .kind == "scalar" then {d: "i", p: $n, w: .width}
    elif .kind == "input" then {d: "i", p: "s_axis_\($n)_tdata", w: .width}, {d: "i", p: "s_axis_\($n)_tvalid", w: 1}, {d: "o", p: "s_axis_\($n)_tready", w: 1}
    elif .kind == "output" then {d: "o", p: "m_axis_\($n)_tdata", w: .width}, {d: "o", p: "m_axis_\($n)_tvalid", w: 1}, {d: "i", p: "m_axis_\($n)_tready", w: 1}
    elif .kind == "memory" then
      (if .read then {d: "o", p: "\($n)_ren", w: 1}, {d: "o", p: "\($n)_raddr", w: .address_bits}, {d: "i", p: "\($n)_rdata", w: .width} else empty end),
      (if .written then {d: "o", p: "\($n)_wen", w: 1}, {d: "o", p: "\($n)_waddr", w: .address_bits}, {d: "o", p: "\($n)_wdata", w: .width} else empty end)
    else empty end] +
  (if .returns then [{d: "i", p: "start", w: 1}, {d: "o", p: "done", w: 1}, {d: "o", p: "idle", w: 1}] else [] end) +
  (if .result_width > 0 then [{d: "o", p: "result", w: .result_width}] else [] end);
def connect(d; bus): reduce (pins[] | select(.d == d)) as $p ({at: 0, all: []}; {at: (.at + $p.w), all: (.all + [".\($p.p)(\(bus)[\(.at + $p.w - 1):\(.at)])"])});
connect("i"; "in") as $i | connect("o"; "out") as $o |
"module harness (input clk, rst_n, d, output q);\n  reg [\($i.at - 1):0] in;\n  reg [\($o.at - 1):0] seen;\n  wire [\($o.at - 1):0] out;\n" +
"  always @(posedge clk) begin in <= {in[\($i.at - 2):0], d}; seen <= out ^ {seen[\($o.at - 2):0], 1'b0}; end\n  assign q = seen[\($o.at - 1)];\n" +
"  \(.top) kernel (.clk(clk), .rst_n(rst_n), \($i.all + $o.all | join(", ")));\nendmodule"
