#!/bin/bash
# vitis.sh BUILD -- what hw/xrt/vitis hands to the vendor's tools, as far as it can be checked without them: the scripts run by tclsh
# (vitis_stubs.tcl), the RTL that they name is whole, the tops for Vitis HLS parse, link.cfg names what kernel.xml has.
set -u
build=$1
folder=$build/xrt/vitis
# shellcheck source=tests/support/check.sh
. tests/support/check.sh
# How often the log of a script has a line that begins so.
count() { grep -c -- "^$2" "$folder/$1.log"; }
# script NAME: runs as from a folder whose build is BUILD.
script() {
  sed "s|build/|$build/|g" "hw/xrt/vitis/$1.tcl" > "$folder/$1.tcl"
  tclsh tests/xrt/vitis_stubs.tcl "$folder/$1.log" "$folder/$1.tcl"
}
set_of() { sed -n "s/^set $1 {*\([^}]*\)}*$/\1/p" "$folder/settings.tcl"; }
refused() { ! "$@" 2> /dev/null; }

check 'hls.tcl runs' script hls
read -ra processes <<< "$(set_of processes)"
check 'every process is synthesised' [ "$(count hls csynth_design)" = "${#processes[@]}" ]
rtl=("$build"/rtl/0/*.v)
names=("${rtl[@]##*/}")
check 'every process of the engine' [ "${names[*]%.v}" = "${processes[*]}" ]
check 'at the period of the RTL' [ "$(count hls "create_clock -period $(set_of clock_ns) ")" = "${#processes[@]}" ]
check 'for the part' [ "$(count hls "set_part $(set_of part)\$")" = "${#processes[@]}" ]
for process in "${processes[@]}"; do
  check "top of $process" grep -q "^set_top ${process}_top\$" "$folder/hls.log"
  check "$process as C++ for Vitis HLS" clang-19 -w -std=c++17 -Wno-c++11-narrowing -fsyntax-only -D__SYNTHESIS__ \
    "-DEDDY_PRESET=$(set_of preset)" -Itests/hlsc/vitis -Ihls "-I$build/gen" "$folder/${process}_top.cpp"
done

check 'package.tcl runs' script package
check 'the kernel by its name' grep -q "^package_xo .*-kernel_name $(set_of kernel) " "$folder/package.log"
read -ra sources <<< "$(sed -n 's/^add_files {\(.*\)}$/\1/p' "$folder/package.log" | sed 's/[^ ]*\.svh//')"
check 'the RTL is whole' "${VERILATOR:-verilator}" --lint-only "-I$build/xrt" --top-module "$(set_of kernel)" "${sources[@]}"
check 'nothing is left out unseen' refused "${VERILATOR:-verilator}" --lint-only "-I$build/xrt" \
  --top-module "$(set_of kernel)" "${sources[@]:1}"
sed "s|$build/xrt/kernel.xml|$build/xrt/kernel.xm|" "$folder/package.tcl" > "$folder/broken.tcl"
check 'a missing file is found' refused tclsh tests/xrt/vitis_stubs.tcl "$folder/broken.log" "$folder/broken.tcl"
sed 's/csynth_design/csynth_desing/' "$folder/hls.tcl" > "$folder/broken.tcl"
check 'a command that is none is found' refused tclsh tests/xrt/vitis_stubs.tcl "$folder/broken.log" "$folder/broken.tcl"

check 'link.cfg' python3 - "$build/xrt" "$(set_of clock_ns)" << 'EOP'
import sys, xml.etree.ElementTree as tree
folder, clock_ns = sys.argv[1], float(sys.argv[2])
kernel = tree.parse(folder + "/kernel.xml").getroot().find("kernel")
lines = open(folder + "/vitis/link.cfg").read().split()
name = kernel.get("name")
instance = f"{name}_1"
pointers = [a.get("name") for a in kernel.iter("arg") if a.get("addressQualifier") == "1"]
assert lines == ["[connectivity]", f"nk={name}:1:{instance}", *(f"sp={instance}.{p}:DDR[0]" for p in pointers),
    "[clock]", f"freqHz={1e9 / clock_ns:.0f}:{instance}.ap_clk"], lines
EOP
verdict
