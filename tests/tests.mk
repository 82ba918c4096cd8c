# Tests: cmocka programs (tests/unit), the command line (tests/cli), co-simulation (tests/cosim), hlsc.
# TESTS lists commands; each prints cmocka's "[  PASSED  ] n test(s)." and "[  FAILED  ] n test(s)".
SUPPORT_OBJECTS := $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/support/*.c))
-include tests/hlsc/hlsc_tests.mk
include tests/xrt/xrt_tests.mk tests/train/train_tests.mk

UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/%,$(wildcard tests/unit/test_*.c))
COSIM_TEST_STEPS := 40000

$(UNIT_TESTS): $(O)/tests/%: $(O)/obj/tests/unit/%.o $(SUPPORT_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(O)/tests/cosim: $(O)/obj/tests/cosim/cosim.o $(SUPPORT_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

include tests/usb/usb_tests.mk
include tests/boards/boards_tests.mk
include tests/golden/golden.mk

test-programs: build $(UNIT_TESTS) $(O)/tests/cosim $(HLSC_TEST_PROGRAMS) $(USB_TEST_PROGRAMS) $(XRT_CARD_TESTS) $(if $(SAN),,vitis-files) $(BOARD_TEST_PREREQUISITES)

LINT_TESTS := $(foreach preset,$(PRESETS),"hw/lint/lint.sh $(O)/rtl/$(preset) $(HW_SOURCES)")

TESTS = $(UNIT_TESTS) "EDDY_TEST_DEVICE=sim: $(O)/tests/test_packets" $(HLSC_TESTS) $(USB_TESTS) $(XRT_TESTS) \
  $(BOARD_TESTS) \
  "tests/gallery/quick.sh $(O) $(GALLERY)" \
  "tests/train/mpi.sh $(O)/bin/eddy" \
  "tests/cli/run.sh $(O)/bin/eddy"

# What sanitizers have something to say about: the host's own programs, and the command line on top of them.
HOST_TESTS = $(UNIT_TESTS) $(O)/tests/hlsc/test_check "tests/hlsc/refusals.sh $(HLSC)" \
  "tests/cli/run.sh $(O)/bin/eddy" "$(O)/tests/cosim 500 2 $(O)/cosim.fst"
SAN_BUILD := $(O)/san-address-undefined
SAN_TESTS = $(subst $(O)/,$(SAN_BUILD)/,$(HOST_TESTS))

.PHONY: san-programs test-san
san-programs:
	+$(MAKE) --no-print-directory SAN=address,undefined test-programs

ifdef SAN
test: test-programs
	O=$(O) tests/run.sh $(HOST_TESTS)
else
## test: all tests, with and without sanitizers; the last line is "N passed, N failed"
test: deps
	+$(MAKE) --no-print-directory test-programs
	+$(MAKE) --no-print-directory san-programs
	O=$(O) tests/run.sh $(TESTS) $(LINT_TESTS) \
	  "$(O)/tests/cosim $(COSIM_TEST_STEPS) 1 $(O)/cosim.fst" $(SAN_TESTS)

## test-san: the host's tests under AddressSanitizer and UndefinedBehaviorSanitizer
test-san: deps san-programs
	O=$(SAN_BUILD) tests/run.sh $(SAN_TESTS)
endif

STEPS ?= 100000
SEED ?= 1
## cosim: the RTL against the native engine on random models and stalls: STEPS=100000 SEED=1
cosim: $(O)/tests/cosim
	$< $(STEPS) $(SEED) $(O)/cosim.fst
