# What each part of a preset takes of an iCE40UP5K, after nextpnr's packing. Included by boards.mk.
#
#   FIT_PRESET=2     number of the preset
FIT_PRESET ?= 2
FIT_PARTS := control steps datapath results queues usb
FIT := $(R)/fit/$(FIT_PRESET)
FIT_SOURCES := $(R)/usb/$(FIT_PRESET)/usb_rom.sv $(USB_RTL) $(HW_SOURCES)

# $(1): part; $(2): its module; $(3): its sources; $(4): commands of yosys before the synthesis
define FIT_RULES
$(FIT)/$(1).log: $(3) hw/boards/fit.mk | board-tools
	$$(call say,FIT)
	@mkdir -p $$(@D)
	$$(YOSYS) -q -l $(FIT)/$(1).yosys.log -p 'read_verilog -sv $$(filter %.v %.sv,$$^); $(4) \
	  synth_ice40 -dsp -spram -top $(2) -json $(FIT)/$(1).netlist' > /dev/null
	nextpnr-ice40 --up5k --pack-only --json $(FIT)/$(1).netlist > $$@ 2>&1 || { grep ERROR $$@; exit 1; }
endef
$(foreach part,control steps datapath results,$(eval $(call FIT_RULES,$(part),$(part),$(R)/rtl/$(FIT_PRESET)/$(part).v $(HW_SOURCES))))
$(eval $(call FIT_RULES,queues,eddy_core,$(RTL_$(FIT_PRESET)) $(HW_SOURCES),hierarchy -top eddy_core; proc; blackbox control steps datapath results; flatten; expose -evert;))
$(eval $(call FIT_RULES,usb,usb_device,$(FIT_SOURCES),delete eddy_usb;))

.PHONY: fit-up5k
## fit-up5k: LUT, FF and memories that each part of the engine takes of an iCE40UP5K
fit-up5k: $(FIT_PARTS:%=$(FIT)/%.log)
	hw/boards/fit.sh $^
