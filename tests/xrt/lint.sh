#!/bin/bash
# lint.sh BUILD -- the RTL of the XRT kernel through verilator (all warnings), yosys and iverilog, for several widths of the
# memory port; and kernel.xml, the xclbin's metadata and the RTL's offsets against each other.
set -u
build=$1
# shellcheck source=tests/support/check.sh
. tests/support/check.sh
sources=(hw/xrt/*.sv tests/xrt/loopback/eddy_core.sv hw/rtl/fifo.sv)
for bits in 16 32 64; do
  check "verilator -Wall, $bits bits" "${VERILATOR:-verilator}" --lint-only -Wall "-I$build/xrt" \
    "-GC_M_AXI_GMEM_DATA_WIDTH=$bits" --top-module eddy "${sources[@]}"
done
check 'yosys' "${YOSYS:-yosys}" -q \
  -p "read_verilog -sv -I$build/xrt ${sources[*]}; hierarchy -check -top eddy; proc; check -assert"
check 'iverilog' iverilog -g2012 -Wall "-I$build/xrt" -t null -s eddy "${sources[@]}"
check 'XML and RTL agree' python3 - "$build/xrt" << 'EOP'
import re, sys, xml.etree.ElementTree as tree
folder = sys.argv[1]
kernel = tree.parse(folder + "/kernel.xml").getroot().find("kernel")
metadata = tree.parse(folder + "/metadata.xml").getroot().find(".//kernel")
rtl = dict(re.findall(r"XRT_(\w+) = 12'h(\w+);", open(folder + "/registers.svh").read()))
top = open("hw/xrt/eddy.sv").read()
assert kernel.get("name") == metadata.get("name") and f"module {kernel.get('name')} " in top
end = 0x10
for a, b in zip(kernel.iter("arg"), metadata.iter("arg"), strict=True):
    assert a.attrib == b.attrib, a.attrib
    offset, size = int(a.get("offset"), 16), int(a.get("size"), 16)
    assert offset == int(rtl[a.get("name").upper()], 16) and offset >= end, a.attrib
    end = offset + size
for port in kernel.iter("port"):
    name = port.get("name").lower()
    for channel in ("awvalid", "wvalid", "bvalid", "arvalid", "rvalid"):
        assert re.search(rf"\b{name}_{channel}\b", top), (name, channel)
EOP
verdict
