# The processes of the engine, the HLS C itself, through Vitis HLS: a report and an IP of each. Not run where this project is
# tested: it needs Vitis. The kernel of package.tcl holds hlsc's RTL, not these.
#   make vitis-hls
source build/xrt/vitis/settings.tcl
foreach process $processes {
  open_project -reset build/xrt/vitis/hls_$process
  set_top ${process}_top
  add_files build/xrt/vitis/${process}_top.cpp -cflags "-Ihls -Ibuild/gen -DEDDY_PRESET=$preset"
  open_solution -reset solution -flow_target vivado
  set_part $part
  create_clock -period $clock_ns -name default
  csynth_design
  export_design -format ip_catalog -rtl verilog -vendor eddy -library hls -version 1.0
  close_project
}
