# The simulated board behind USB. Included by the top Makefile.
USB_PRESET ?= 0
USB_RTL := $(wildcard hw/usb/*.sv)

$(O)/gen/usb_rom: hw/usb/rom.c hw/usb/usb_format.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

# The engine's identity: what its RTL is made of.
$(R)/usb/%/hash: $(addprefix $(R)/rtl/%/,control.v steps.v datapath.v results.v) $(HW_SOURCES)
	@mkdir -p $(@D)
	cat $^ | sha256sum | cut -c1-16 > $@

$(R)/usb/%/usb_rom.sv: $(R)/usb/%/hash $(O)/gen/usb_rom
	$(call say,GEN)
	$(O)/gen/usb_rom $* $$(cat $<) > $@

$(R)/usb/sim/Veddy_usb.mk: $(R)/usb/$(USB_PRESET)/usb_rom.sv $(USB_RTL) $(RTL_$(USB_PRESET)) $(HW_SOURCES)
	$(call say,VERILATE)
	@mkdir -p $(@D)
	$(VERILATOR) $(VERILATOR_FLAGS) --prefix Veddy_usb --top-module eddy_usb --Mdir $(@D) $^
	@touch $@

$(R)/usb/sim/rtl.o: $(R)/usb/sim/Veddy_usb.mk
	$(call say,CXX)
	+$(MAKE) -s -C $(@D) -f Veddy_usb.mk Veddy_usb__ALL.a \
	  OPT_FAST='$(VERILATED_FLAGS)' OPT_SLOW='$(VERILATED_FLAGS)' > $(@D)/make.log
	$(LD) -r -o $@ --whole-archive $(@D)/Veddy_usb__ALL.a

$(O)/usb/sim/board.o: sim/usb/board.cpp sim/usb/board.h $(R)/usb/sim/Veddy_usb.mk
	$(call say,CXX)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(CPPFLAGS) $(VERILATED_CPPFLAGS) -I$(R)/usb/sim $(CXXFLAGS) -c -o $@ $<

USB_BOARD_OBJECTS := $(R)/usb/sim/rtl.o $(O)/usb/sim/board.o $(O)/obj/sim/usb/bus.o \
  $(O)/obj/sim/usb/usbdev.o $(VERILATED_OBJECTS)

$(O)/obj/sim/usb/usbfs.o: override CFLAGS += $(shell pkg-config --cflags fuse3)
$(O)/obj/sim/usb/usbredir.o: override CFLAGS += $(shell pkg-config --cflags libusbredirparser-0.5)

$(O)/bin/with-board: $(addprefix $(O)/obj/sim/usb/,with_board.o usbfs.o sysfs.o usbredir.o) $(USB_BOARD_OBJECTS)
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs fuse3 libusbredirparser-0.5) -lz -lstdc++ -lm -lpthread

# What the library knows of the engines that it was built with.
$(O)/gen/rtl_hash.h: $(foreach preset,$(PRESETS),$(R)/usb/$(preset)/hash)
	$(call say,GEN)
	@mkdir -p $(@D)
	{ echo 'static const char *const rtl_hashes[] = {'; for preset in $(PRESETS); do \
	  printf '    [%s] = "%s",\n' $$preset $$(cat $(R)/usb/$$preset/hash); done; echo '};'; } > $@
$(O)/obj/host/backends/usb_board.o: $(O)/gen/rtl_hash.h

.PHONY: lint-usb
lint-rtl: lint-usb
lint-usb: $(R)/usb/$(USB_PRESET)/usb_rom.sv
	$(VERILATOR) --lint-only -Wall --top-module usb_device $< $(filter-out hw/usb/eddy_usb.sv,$(USB_RTL))
	iverilog -g2012 -Wall -t null -s usb_device $< $(filter-out hw/usb/eddy_usb.sv,$(USB_RTL))
	$(YOSYS) -q -p 'read_verilog -sv $< $(filter-out hw/usb/eddy_usb.sv,$(USB_RTL)); hierarchy -check -top usb_device; proc; check -assert'
