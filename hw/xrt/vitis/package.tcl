# Packages the RTL kernel as build/xrt/vitis/eddy.xo. Not run where this project is tested: it needs Vivado.
#   make vitis-xo
source build/xrt/vitis/settings.tcl
set work build/xrt/vitis/vivado
create_project -force $kernel $work -part $part
add_files [concat [glob hw/xrt/*.sv] [glob hw/rtl/*.sv] [glob hls/hlsc/rtl/*.v] \
  [glob build/rtl/$preset/*.v] build/xrt/registers.svh]
set_property file_type {Verilog Header} [get_files registers.svh]
set_property include_dirs [file normalize build/xrt] [current_fileset]
set_property top $kernel [current_fileset]
update_compile_order -fileset sources_1
ipx::package_project -root_dir $work/ip -vendor eddy -library kernel -taxonomy /KernelIP \
  -import_files -set_current true
set core [ipx::current_core]
foreach bus {s_axi_control m_axi_gmem} {
  ipx::associate_bus_interfaces -busif $bus -clock ap_clk $core
}
set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
set_property ipi_drc {ignore_freq_hz true} $core
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::save_core $core
package_xo -force -xo_path build/xrt/vitis/$kernel.xo -kernel_name $kernel -ip_directory $work/ip \
  -kernel_xml build/xrt/kernel.xml
