# rig.jq -- from the reports of hlsc, slurped, with $part:
#   top   the Verilog module that holds every kernel, port by port in arrays
#   table the kernels' entries for rig.cpp
def places: .ports | to_entries | map(select(.value.kind != "unused"));
def slot(k; i): k * 12 + i;
def at(k; i; width): "[\(slot(k; i))]" + (if width < 64 then "[\(width - 1):0]" else "" end);
def row(k; i; bits): "[\(slot(k; i))][\(bits - 1):0]";
def pins(k):
  .key as $i | .value | .name as $n |
  if .kind == "scalar" then [".\($n)(scalar\(at(k; $i; .width)))"]
  elif .kind == "input" then
    [".s_axis_\($n)_tdata(tdata_in\(at(k; $i; .width)))", ".s_axis_\($n)_tvalid(tvalid_in[\(slot(k; $i))])",
     ".s_axis_\($n)_tready(tready_in[\(slot(k; $i))])"]
  elif .kind == "output" then
    [".m_axis_\($n)_tdata(tdata_out\(at(k; $i; .width)))", ".m_axis_\($n)_tvalid(tvalid_out[\(slot(k; $i))])",
     ".m_axis_\($n)_tready(tready_out[\(slot(k; $i))])"]
  else
    (if .read then [".\($n)_ren(ren[\(slot(k; $i))])", ".\($n)_raddr(raddr\(row(k; $i; .address_bits)))",
      ".\($n)_rdata(rdata\(at(k; $i; .width)))"] else [] end) +
    (if .written then [".\($n)_wen(wen[\(slot(k; $i))])", ".\($n)_waddr(waddr\(row(k; $i; .address_bits)))",
      ".\($n)_wdata(wdata\(at(k; $i; .width)))"] else [] end)
  end;
def instance(k):
  "  \(.top) kernel_\(k) (\n    " + ([".clk(clk)", ".rst_n(rst_n)", ".check_failed(check_failed[\(k)])"] +
    (if .returns then [".start(start[\(k)])", ".done(done[\(k)])", ".idle(idle[\(k)])"] else [] end) +
    (if .result_width > 0 then [".result(result\("[\(k)]" + (if .result_width < 64 then "[\(.result_width - 1):0]" else "" end)))"] else [] end) +
    [places[] | pins(k)[]] | join(",\n    ")) + "\n  );";
def top:
  length as $n | ($n * 12) as $p |
  "// generated: the kernels under test\nmodule rig (\n  input clk, rst_n,\n" +
  "  input start [\($n)], output done [\($n)], idle [\($n)], check_failed [\($n)],\n" +
  "  input [63:0] scalar [\($p)], output [63:0] result [\($n)],\n" +
  "  input [63:0] tdata_in [\($p)], input tvalid_in [\($p)], output tready_in [\($p)],\n" +
  "  output [63:0] tdata_out [\($p)], output tvalid_out [\($p)], input tready_out [\($p)],\n" +
  "  output ren [\($p)], output [31:0] raddr [\($p)], input [63:0] rdata [\($p)],\n" +
  "  output wen [\($p)], output [31:0] waddr [\($p)], output [63:0] wdata [\($p)]\n);\n" +
  ([to_entries[] | .key as $k | .value | instance($k)] | join("\n")) + "\nendmodule";
def kinds: {"unused": "RIG_UNUSED", "scalar": "RIG_SCALAR", "memory": "RIG_MEMORY", "input": "RIG_INPUT", "output": "RIG_OUTPUT"};
def entry:
  ([.ports[] | "{\(kinds[.kind]), \(.width), \(.address_bits), 0, NULL, 0, NULL}"] | join(", ")) as $ports |
  "  fill_\(.top)(&rig_kernels[n]); rig_kernels[n].nports = \(.ports | length); rig_kernels[n].result_width = \(.result_width);\n" +
  "  rig_kernels[n].returns = \(.returns); rig_kernels[n].latency_cycles = \(.latency);\n" +
  (if .instructions > 0 then "  rig_kernels[n].slowness = 30; rig_kernels[n].most_cycles = 0;\n" else "  rig_kernels[n].slowness = 1;\n" end) +
  "  { static const struct rig_port p[] = {\($ports)}; memcpy(rig_kernels[n].port, p, sizeof p); } n++;";
def table:
  "#include <string.h>\n#include \"rig.h\"\nstruct rig_kernel rig_kernels[\(length)];\nunsigned rig_nkernels = \(length);\n" +
  ([.[] | "void fill_\(.top)(struct rig_kernel *k);"] | join("\n")) +
  "\nvoid rig_fill_table(void)\n{\n  unsigned n = 0;\n" + ([.[] | entry] | join("\n")) + "\n}";
if $part == "top" then top else table end
