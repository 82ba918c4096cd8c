# Tests of what is built for boards. Included by tests/tests.mk.
ifndef SAN
BOARD_TEST_PREREQUISITES := $(BOARD_BITSTREAMS:%=$(R)/boards/%.sources)
endif
BOARD_TESTS := "tests/boards/run.sh $(O) $(BOARD_BITSTREAMS)" "tests/boards/netlist.sh $(HLSC) $(O)/tests/netlist"

# The whole engine of a preset as yosys maps it to the iCE40, against the native engine.
NETLIST_PRESET := 2
NETLIST_O := $(R)/netlist/$(NETLIST_PRESET)
NETLIST_STEPS ?= 2000

# Each LUT becomes an expression: as modules there would be one for each content. Each wire becomes a bit, since bits of a
# vector that depend on each other look like loops to Verilator.
NETLIST_PASSES := synth_ice40 -dsp -spram -top eddy_core; techmap -map tests/boards/ice40_lut.v; splitnets; \
  opt_clean -purge
$(NETLIST_O)/core.v: $(RTL_$(NETLIST_PRESET)) $(HW_SOURCES) tests/boards/ice40_lut.v
	$(call say,YOSYS)
	@mkdir -p $(@D)
	$(YOSYS) -q -l $@.log -p 'read_verilog -sv $(filter-out tests/%,$^); $(NETLIST_PASSES); write_verilog -noattr $@' > /dev/null

# The waveform of a difference shows the ports. -O0: compiling costs more than running.
$(NETLIST_O)/Vnetlist__ALL.a: $(NETLIST_O)/core.v tests/boards/netlist_core.sv tests/boards/ice40_cells.sh
	$(call say,VERILATE)
	tests/boards/ice40_cells.sh > $(@D)/cells.v
	$(VERILATOR) --cc --trace-fst --trace-depth 1 -O3 --x-assign fast --x-initial fast -Wno-fatal -Wno-lint -Wno-style \
	  --output-split 0 --output-split-cfuncs 5000 -DNO_ICE40_DEFAULT_ASSIGNMENTS --prefix Vnetlist \
	  --top-module netlist_core --Mdir $(@D) $(NETLIST_O)/core.v tests/boards/netlist_core.sv $(@D)/cells.v
	+$(MAKE) -s -C $(@D) -f Vnetlist.mk Vnetlist__ALL.a OPT_FAST=-O0 OPT_SLOW=-O0 > $(@D)/make.log

# In place of the preset's own model in the library.
$(NETLIST_O)/model.o: sim/model.cpp $(NETLIST_O)/Vnetlist__ALL.a
	$(call say,CXX)
	$(CXX) -std=c++17 $(CPPFLAGS) $(VERILATED_CPPFLAGS) -I$(@D) $(CXXFLAGS) -DEDDY_PRESET=$(NETLIST_PRESET) \
	  -DSIM_CLASS=Vnetlist -DSIM_HEADER='"Vnetlist.h"' -c -o $@ $<

$(O)/tests/cosim_netlist: $(O)/obj/tests/cosim/cosim.o $(NETLIST_O)/model.o $(NETLIST_O)/Vnetlist__ALL.a \
    $(SUPPORT_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: cosim-netlist
## cosim-netlist: the preset of the iCE40UP5K after synthesis against the native engine: NETLIST_STEPS=2000
cosim-netlist: $(O)/tests/cosim_netlist
	$< $(NETLIST_STEPS) 1 $(O)/cosim_netlist.fst $(call config_value,$(NETLIST_PRESET),EDDY_PRESET_NAME)
