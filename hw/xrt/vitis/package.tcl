# Packages the RTL kernel as build/xrt/eddy.xo. Not run where this project is tested: it needs Vivado.
#   make build && vivado -mode batch -source hw/xrt/vitis/package.tcl -tclargs build PRESET_NUMBER PART
lassign $argv build preset part
set work $build/xrt/vivado
create_project -force eddy $work -part $part
add_files [concat [glob hw/xrt/*.sv] [glob hw/rtl/*.sv] [glob hls/hlsc/rtl/*.v] \
  [glob $build/rtl/$preset/*.v] $build/xrt/registers.svh]
set_property file_type {Verilog Header} [get_files registers.svh]
set_property include_dirs [file normalize $build/xrt] [current_fileset]
set_property top eddy [current_fileset]
update_compile_order -fileset sources_1
ipx::package_project -root_dir $work/ip -vendor eddy -library kernel -taxonomy /KernelIP \
  -import_files -set_current true
set core [ipx::current_core]
foreach {name bus} {s_axi_control s_axi_control m_axi_gmem m_axi_gmem} {
  ipx::associate_bus_interfaces -busif $bus -clock ap_clk $core
}
set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
set_property ipi_drc {ignore_freq_hz true} $core
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::save_core $core
package_xo -force -xo_path $build/xrt/eddy.xo -kernel_name eddy -ip_directory $work/ip \
  -kernel_xml $build/xrt/kernel.xml
