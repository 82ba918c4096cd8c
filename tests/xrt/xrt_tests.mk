# Tests of the XRT kernel and of xrt:.
XRT_LOOPBACK := tests/xrt/loopback_core.sv hw/rtl/fifo.sv

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

ifdef SAN
XRT_CARD_TESTS :=
endif
XRT_TESTS := $(XRT_CARD_TESTS) "tests/xrt/run.sh $(O)"

.PHONY: test-xrt
## test-xrt: the XRT kernel, and eddy on xrt: with XRT's own library in hardware emulation
test-xrt: build $(XRT_CARD_TESTS)
	O=$(O) tests/run.sh $(XRT_TESTS)
