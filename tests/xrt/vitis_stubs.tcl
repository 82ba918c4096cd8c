# vitis_stubs.tcl LOG SCRIPT -- runs a script for Vivado or Vitis HLS without either: each command of theirs is recorded in LOG, its
# options compared with the list below, its files looked for. A check of names and of syntax; nothing is synthesised.
lassign $argv log script
set log [open $log w]

# Command, its options without a value, its options with one, how many other arguments it has at most.
set commands {
  open_project {-reset} {} 1
  set_top {} {} 1
  open_solution {-reset} {-flow_target} 1
  set_part {} {} 1
  create_clock {} {-period -name} 0
  csynth_design {} {} 0
  export_design {} {-format -rtl -vendor -library -version} 0
  close_project {} {} 0
  create_project {-force} {-part} 2
  add_files {} {-cflags} 1
  set_property {} {} 3
  get_files {} {} 1
  current_fileset {} {} 0
  update_compile_order {} {-fileset} 0
  ipx::package_project {-import_files} {-root_dir -vendor -library -taxonomy -set_current} 0
  ipx::current_core {} {} 0
  ipx::associate_bus_interfaces {} {-busif -clock} 1
  ipx::create_xgui_files {} {} 1
  ipx::update_checksums {} {} 1
  ipx::save_core {} {} 1
  package_xo {-force} {-xo_path -kernel_name -ip_directory -kernel_xml} 0
}

proc check_file {path} {
  if {![file readable $path]} { error "there is no $path" }
}

proc called {name flags valued most arguments} {
  global log
  puts $log [list $name {*}$arguments]
  set others {}
  while {[llength $arguments]} {
    set arguments [lassign $arguments argument]
    if {$argument in $flags} continue
    if {$argument in $valued} {
      if {![llength $arguments]} { error "$name: $argument has no value" }
      set arguments [lassign $arguments value]
      if {$argument eq "-kernel_xml"} { check_file $value }
      continue
    }
    if {[string match -* $argument]} { error "$name: no option $argument" }
    lappend others $argument
  }
  if {[llength $others] > $most} { error "$name: too many arguments: $others" }
  if {$name eq "add_files"} { foreach path [lindex $others 0] { check_file $path } }
  return "\[$name\]"
}

namespace eval ipx {}
foreach {name flags valued most} $commands {
  proc $name args "called [list $name] [list $flags] [list $valued] $most \$args"
}
if {[catch {source $script} failure]} {
  puts stderr "$script: $failure"
  exit 1
}
close $log
