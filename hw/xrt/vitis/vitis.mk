# For a card: the kernel through Vivado and v++, the HLS C through Vitis HLS. None of the vendor's tools runs where this project
# is tested; tests/xrt/vitis.sh checks what can be checked without. From the top folder, with O=build.
VITIS_PRESET ?= 5
VITIS_PART ?= xcu200-fsgd2104-2-e
VITIS_PLATFORM ?= xilinx_u200_gen3x16_xdma_2_202110_1
VITIS_O := $(XRT_O)/vitis
VITIS_CLOCK_NS := $(call config_value,$(VITIS_PRESET),HLS_CLOCK_NS)
VITIS_PROCESSES := $(patsubst hls/%.c,%,$(shell grep -l '^HLS_PROCESS' hls/*.c))

# A tool of the vendor's, or what to do.
vitis_tool = command -v $(1) > /dev/null || \
  { echo "$(1) is not in PATH; source Vitis' settings64.sh"; exit 1; }

.PHONY: vitis-files vitis-hls vitis-xo vitis-xclbin
vitis-files: $(O)/bin/xrt_generate $(XRT_O)/kernel.xml $(XRT_O)/registers.svh $(GENERATED) $(RTL_$(VITIS_PRESET))
	@mkdir -p $(VITIS_O)
	$< tcl > $(VITIS_O)/settings.tcl
	printf 'set %s {%s}\n' preset $(VITIS_PRESET) part $(VITIS_PART) clock_ns $(VITIS_CLOCK_NS) \
	  processes '$(VITIS_PROCESSES)' >> $(VITIS_O)/settings.tcl
	$< link $(VITIS_CLOCK_NS) > $(VITIS_O)/link.cfg
	for process in $(VITIS_PROCESSES); do \
	  hw/xrt/vitis/top.sh $$process > $(VITIS_O)/$${process}_top.cpp || exit 1; done

## vitis-hls: needs Vitis, never run here: the HLS C through Vitis HLS: VITIS_PRESET=5 VITIS_PART=...
vitis-hls: vitis-files
	$(call vitis_tool,vitis_hls)
	vitis_hls -f hw/xrt/vitis/hls.tcl

## vitis-xo: needs Vivado, never run here: the kernel packaged for v++
vitis-xo: vitis-files
	$(call vitis_tool,vivado)
	vivado -mode batch -source hw/xrt/vitis/package.tcl

## vitis-xclbin: needs Vitis, never run here: the kernel linked for a card: VITIS_PLATFORM=...
vitis-xclbin: vitis-xo
	$(call vitis_tool,v++)
	v++ --link --target hw --platform $(VITIS_PLATFORM) --config $(VITIS_O)/link.cfg \
	  -o $(VITIS_O)/eddy.xclbin $(VITIS_O)/eddy.xo
