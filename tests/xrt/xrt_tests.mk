# Tests of the XRT kernel and of xrt:.
XRT_LOOPBACK := tests/xrt/loopback/eddy_core.sv hw/rtl/fifo.sv

# $(1): bits of the memory port
define XRT_CARD_TEST_RULES
$(call XRT_CARD_RULES,loop$(1),$(1),$(XRT_LOOPBACK))
XRT_CARD_TESTS += $(O)/tests/xrt/test_card_$(1)
$(O)/tests/xrt/test_card_$(1): tests/xrt/test_card.c sim/xrt/card.h hw/xrt/registers.h \
    $(XRT_O)/loop$(1)/card.o $(XRT_O)/loop$(1)/Vxrt_loop$(1)__ALL.a \
    $(XRT_O)/verilator/verilated.o $(XRT_O)/verilator/verilated_threads.o
	$$(call say,CC)
	@mkdir -p $$(@D)
	$$(CC) -std=c11 $$(CPPFLAGS) -Ihw $$(CFLAGS) -DDATA_BITS=$(1) $$(LDFLAGS) -o $$@ \
	  $$(filter %.c %.o %.a,$$^) -lcmocka -lstdc++ -lpthread -lm
endef
$(foreach bits,16 32,$(eval $(call XRT_CARD_TEST_RULES,$(bits))))

# Streams disturbed at random; XRT sleeps ten seconds for each, so they run side by side.
$(O)/tests/xrt/faults: $(O)/obj/tests/xrt/faults.o $(SUPPORT_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
XRT_CARD_TESTS += $(O)/tests/xrt/faults

.PHONY: xrt-faults
## xrt-faults: streams on xrt: disturbed at random, each right or refused: RUNS=200 SEED=1
xrt-faults: build $(O)/tests/xrt/faults
	tests/xrt/faults.sh $(O) $(RUNS) $(SEED)

XRT_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
$(O)/tests/xrt/test_xclbin: tests/xrt/test_xclbin.c host/backends/xrt_helper/xclbin_check.c tests/support/random.c \
    $(wildcard host/backends/xrt_helper/*.h) hw/xrt/registers.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(XRT_CPPFLAGS) $(CFLAGS) $(XRT_SAN) $(LDFLAGS) -o $@ $(filter %.c,$^) -lcmocka -luuid -lm
XRT_CARD_TESTS += $(O)/tests/xrt/test_xclbin

ifdef SAN
XRT_CARD_TESTS :=
endif
XRT_TESTS := $(filter-out %/faults %/test_xclbin,$(XRT_CARD_TESTS)) \
  "$(O)/tests/xrt/test_xclbin $(firstword $(XRT_XCLBINS))" "tests/xrt/prove.sh $(O)" "tests/xrt/lint.sh $(O)" "tests/xrt/vitis.sh $(O)" \
  "tests/xrt/bitstream.sh $(O)" "tests/xrt/run.sh $(O)" \
  "tests/xrt/faults.sh $(O) 12 1"

.PHONY: test-xrt
## test-xrt: the XRT kernel, and eddy on xrt: with XRT's own library in hardware emulation
test-xrt: build vitis-files $(XRT_CARD_TESTS)
	O=$(O) tests/run.sh $(XRT_TESTS)

.PHONY: prove-xrt bench-xrt bitstreams
## prove-xrt: burst splitter and AXI4-Lite slave of the XRT kernel, by induction
prove-xrt:
	tests/xrt/prove.sh $(O)

$(O)/tests/xrt/bench: tests/xrt/bench.c $(filter-out %/main.o,$(XRT_HELPER_OBJECTS))
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(XRT_CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lxrt_coreutil -luuid

BENCH_STEPS ?= 200
## bench-xrt: what a step costs through the ring and as a launch; how well the movers use the bus
bench-xrt: build $(O)/tests/xrt/bench $(XRT_CARD_TESTS)
	$(O)/tests/xrt/test_card_16 | grep port
	$(O)/tests/xrt/test_card_32 | grep port
	XRT_INI_PATH=$(abspath $(XRT_O)/xrt.ini) setsid -w timeout -s KILL 120 tests/xrt/emulation.sh \
	  $(abspath $(O)/tests/xrt/bench) $(abspath $(firstword $(XRT_XCLBINS))) $(BENCH_STEPS) | grep '^|'

## bitstreams: rebuild what bitstreams/ holds
bitstreams: build
	cp $(XRT_XCLBINS) bitstreams
	tests/xrt/manifest.sh $(notdir $(XRT_XCLBINS)) | $(manifest_put)
