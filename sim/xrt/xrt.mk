# The XRT kernel, its simulated card and the xclbin for hardware emulation.
XRT_CPPFLAGS := -isystem /usr/include/xrt -Ihw
XRT_SOURCES := $(wildcard hw/xrt/*.sv)
XRT_PRESETS ?= $(firstword $(PRESETS))
XRT_O := $(O)/xrt
# The device in the xclbin is built alike wherever the sources lie.
XRT_DEVICE_FLAGS := -O2 -ffile-prefix-map=$(CURDIR)=. -fno-ident

$(O)/bin/xrt_generate: hw/xrt/generate.c hw/xrt/registers.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

$(XRT_O)/registers.svh: $(O)/bin/xrt_generate
	$(call say,GEN)
	@mkdir -p $(@D)
	$< rtl > $@.new
	cmp -s $@.new $@ || cp $@.new $@

$(XRT_O)/kernel.xml: $(O)/bin/xrt_generate
	$(call say,GEN)
	@mkdir -p $(@D)
	$< kernel > $@

$(XRT_O)/metadata.xml: $(O)/bin/xrt_generate
	$(call say,GEN)
	@mkdir -p $(@D)
	$< xclbin > $@

# $(1): folder below build/xrt; $(2): bits of the memory port; $(3): sources of the core
define XRT_CARD_RULES
$(XRT_O)/$(1)/Vxrt_$(1).mk: $(3) $(XRT_SOURCES) $(wildcard sim/xrt/*.sv) $(XRT_O)/registers.svh
	$$(call say,VERILATE)
	@mkdir -p $$(@D)
	$$(VERILATOR) --cc -O3 --x-assign fast --x-initial fast -Wno-fatal -I$(XRT_O) -GDATA_BITS=$(2) \
	  --prefix Vxrt_$(1) --top-module xrt_card --Mdir $$(@D) $$(filter %.sv %.v,$$^)
	@touch $$@

$(XRT_O)/$(1)/Vxrt_$(1)__ALL.a: $(XRT_O)/$(1)/Vxrt_$(1).mk
	$$(call say,CXX)
	+$$(MAKE) -s -C $$(@D) -f Vxrt_$(1).mk Vxrt_$(1)__ALL.a \
	  OPT_FAST='$$(XRT_DEVICE_FLAGS)' OPT_SLOW='$$(XRT_DEVICE_FLAGS)' > $$(@D)/make.log

$(XRT_O)/$(1)/card.o: sim/xrt/card.cpp sim/xrt/card.h $(XRT_O)/$(1)/Vxrt_$(1).mk
	$$(call say,CXX)
	$$(CXX) -std=c++17 $$(CPPFLAGS) $$(VERILATED_CPPFLAGS) -I$$(@D) $$(WARNINGS) $$(XRT_DEVICE_FLAGS) \
	  -DDATA_BITS=$(2) -DSIM_CLASS=Vxrt_$(1) -DSIM_HEADER='"Vxrt_$(1).h"' -c -o $$@ $$<
endef

# $(1): number of a preset
define XRT_PRESET_RULES
$(call XRT_CARD_RULES,$(1),32,$$(RTL_$(1)) $$(HW_SOURCES))

$(XRT_O)/$(1)/eddy_card: $(XRT_O)/device.o $(XRT_O)/message.o $(XRT_O)/$(1)/card.o \
    $(XRT_O)/$(1)/Vxrt_$(1)__ALL.a $(XRT_O)/verilator/verilated.o \
    $(XRT_O)/verilator/verilated_threads.o
	$$(call say,LD)
	$$(CXX) -s -Wl,--build-id=none -o $$@ $$^ -static-libstdc++ -static-libgcc -lpthread

$(XRT_O)/$(1).xclbin: $(XRT_O)/$(1)/eddy_card $(XRT_O)/metadata.xml $(O)/bin/make_xclbin
	$$(call say,XCLBIN)
	$(O)/bin/make_xclbin $$< $(XRT_O)/metadata.xml $$@
endef
$(foreach preset,$(XRT_PRESETS),$(eval $(call XRT_PRESET_RULES,$(preset))))

$(XRT_O)/%.o: sim/xrt/%.c $(wildcard sim/xrt/*.h)
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(WARNINGS) $(XRT_DEVICE_FLAGS) -c -o $@ $<

$(XRT_O)/verilator/%.o:
	$(call say,CXX)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0 -DVM_TRACE_FST=0 \
	  $(VERILATED_CPPFLAGS) $(XRT_DEVICE_FLAGS) -w -c -o $@ $(VERILATOR_ROOT)/include/$*.cpp

$(O)/bin/make_xclbin: sim/xrt/make_xclbin.c sim/xrt/card.h hw/xrt/registers.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(XRT_CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -lzip -luuid


# By name, where the library finds them.
define XRT_NAME_RULES
XRT_XCLBINS += $(O)/share/eddy/$(call config_value,$(1),EDDY_PRESET_NAME)-hw_emu.xclbin
$(O)/share/eddy/$(call config_value,$(1),EDDY_PRESET_NAME)-hw_emu.xclbin: $(XRT_O)/$(1).xclbin
	@mkdir -p $$(@D)
	cp $$< $$@
endef
$(foreach preset,$(XRT_PRESETS),$(eval $(call XRT_NAME_RULES,$(preset))))

# The process in which XRT runs.
XRT_HELPER_OBJECTS := $(patsubst %.c,$(O)/obj/%.o,$(wildcard host/backends/xrt_helper/*.c) \
  host/lib/request.c host/lib/paths.c)
$(XRT_HELPER_OBJECTS): override CPPFLAGS += $(XRT_CPPFLAGS)
$(O)/bin/eddy-xrt: $(XRT_HELPER_OBJECTS)
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lxrt_coreutil -luuid -lpthread -ldl

# XRT's settings for a program of one's own (XRT_INI_PATH): its emulation loses a buffer that grows, so the first call,
# which carries the settings, is made the largest.
$(XRT_O)/xrt.ini:
	@mkdir -p $(@D)
	{ printf '%s\n' '[Emulation]' system_dpa=false keep_run_dir=false packet_size=65536 '[Debug]'; \
	  printf 'pad='; head -c 69632 /dev/zero | tr '\0' x; echo; } > $@

$(O)/bin/examples/xrt_query: host/examples/xrt/main.c hw/xrt/registers.h hls/packet.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(XRT_CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -lxrt_coreutil

# XRT cannot run under sanitizers; what its process does is tested without.
XRT_BUILD := $(if $(SAN),,$(O)/bin/eddy-xrt $(XRT_XCLBINS) $(O)/bin/examples/xrt_query $(XRT_O)/xrt.ini $(XRT_O)/kernel.xml)
