# Tests of hlsc: kernels natively against RTL, refusals, the checker of schedules. Included by tests/tests.mk;
# also `make -f tests/hlsc/hlsc_tests.mk test-hlsc` from the root.
ifndef HLSC
include hls/hlsc/hlsc.mk
endif

HLSC_TESTS_DIR := $(O)/tests/hlsc
HLSC_KERNELS := $(wildcard tests/hlsc/kernels/*.c) $(wildcard tests/hlsc/fuzz/found/*.c)
HLSC_RIG := $(HLSC_TESTS_DIR)/kernels/rig
# As programs of a sequencer, without those that have array parameters, much memory or the clock, or break a promise.
HLSC_SEQUENCER_RIG := $(HLSC_TESTS_DIR)/sequencer/rig
HLSC_SEQUENCER_KERNELS := $(filter-out $(addprefix tests/hlsc/kernels/,$(addsuffix .c,aes_round bit_reversal fft \
  insertion_sort lru matmul memory_scan mirror mv_mac mv_mac4 mv_mac4p prefix_sum rnn_step rnn_top sha256 softmax stale streams \
  string_search transpose triangle walk)) tests/hlsc/fuzz/found/fuzz1083.c,$(HLSC_KERNELS))
HLSC_RIG_SOURCES := $(wildcard tests/hlsc/rig/*)
HLSC_CHECK_TEST := $(HLSC_TESTS_DIR)/test_check

# Co-simulations test what hlsc wrote, not hlsc: sanitizers have nothing to find in them.
ifdef SAN
HLSC_TEST_PROGRAMS := $(HLSC_CHECK_TEST)
HLSC_TESTS := $(HLSC_CHECK_TEST) "tests/hlsc/refusals.sh $(HLSC)" "tests/hlsc/command.sh $(HLSC)"
else
HLSC_TEST_PROGRAMS := $(HLSC_RIG) $(HLSC_SEQUENCER_RIG) $(HLSC_CHECK_TEST) $(HLSC_TESTS_DIR)/generate $(R)/gen/tanh_table.h
HLSC_TESTS := "$(HLSC_RIG) 12" "$(HLSC_SEQUENCER_RIG) 2" $(HLSC_CHECK_TEST) "tests/hlsc/refusals.sh $(HLSC)" "tests/hlsc/command.sh $(HLSC)" \
  "tests/hlsc/vitis/syntax.sh $(O)/gen" \
  "tests/hlsc/fuzz/fuzz.sh $(HLSC) $(HLSC_TESTS_DIR)/generate $(HLSC_TESTS_DIR)/fuzz 20 1" \
  "env RIG_OPTIONS=--sequencer tests/hlsc/fuzz/fuzz.sh $(HLSC) $(HLSC_TESTS_DIR)/generate $(HLSC_TESTS_DIR)/fuzz_sequencer 16 101" \
  "tests/hlsc/fuzz/reducer.sh $(HLSC) $(HLSC_TESTS_DIR)/generate $(HLSC_TESTS_DIR)/reducer"
endif

$(HLSC_RIG) $(HLSC_SEQUENCER_RIG): $(HLSC_KERNELS) $(wildcard tests/hlsc/peers/*) $(HLSC_RIG_SOURCES) hls/hls.h \
  hls/hls_native.h $(wildcard hls/hlsc/rtl/*.v) $(HLSC)

$(HLSC_RIG):
	$(call say,COSIM)
	RIG_LINT=1 tests/hlsc/rig/build.sh $(HLSC) $(@D) $(HLSC_KERNELS)

$(HLSC_SEQUENCER_RIG):
	$(call say,COSIM)
	RIG_LINT=1 RIG_OPTIMISE=-O0 RIG_OPTIONS=--sequencer tests/hlsc/rig/build.sh $(HLSC) $(@D) $(HLSC_SEQUENCER_KERNELS)

$(HLSC_CHECK_TEST): tests/hlsc/test_check.c $(filter-out $(O)/hlsc/main.o,$(HLSC_OBJECTS))
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(HLSC_CPPFLAGS) -Ihls/hlsc $(CFLAGS) $(LDFLAGS) -o $@ $^ $(HLSC_LDLIBS) -lcmocka

.PHONY: test-hlsc
## test-hlsc: the tests of the compiler alone
test-hlsc: $(HLSC_TEST_PROGRAMS)
	@status=0; for t in $(HLSC_TESTS); do echo "$$t"; $$t || status=1; done; exit $$status

.PHONY: bench-hlsc
## bench-hlsc: cycles, area and clock of hlsc against its peers, in one table
bench-hlsc: $(HLSC) $(HLSC_RIG) $(O)/gen/tanh_table.h
	@tests/hlsc/bench/bench.sh $(HLSC) $(O)/bench/hlsc $(HLSC_RIG) $(O)/gen

.PHONY: delays-hlsc
## delays-hlsc: the delay model of hlsc against nextpnr, operation by operation: FAMILIES="ice40 ecp5" SEEDS="1 2 3"
delays-hlsc: $(HLSC)
	NEXTPNR_ECP5=$(NEXTPNR_ECP5) tests/hlsc/bench/delays.sh $(HLSC) $(O)/bench/delays $(FAMILIES)

.PHONY: clocks-hlsc
## clocks-hlsc: kernels at several --clock-ns through nextpnr, asked, estimated and reached: FAMILIES= KERNELS= PERIODS= SEEDS= JOBS=
clocks-hlsc: $(HLSC)
	NEXTPNR_ECP5=$(NEXTPNR_ECP5) tests/hlsc/bench/clocks.sh $(HLSC) $(O)/bench/clocks $(FAMILIES)

HLSC_GENERATE := $(HLSC_TESTS_DIR)/generate
HLSC_GENERATE_SOURCES := $(wildcard tests/hlsc/fuzz/*.c)
$(HLSC_GENERATE): $(HLSC_GENERATE_SOURCES) tests/hlsc/fuzz/fuzz.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CFLAGS) -o $@ $(HLSC_GENERATE_SOURCES)

N ?= 2000
.PHONY: fuzz-hlsc
## fuzz-hlsc: random programs natively against RTL: N=2000 SEED=1 OPTIONS=--sequencer
fuzz-hlsc: $(HLSC) $(HLSC_GENERATE)
	RIG_OPTIONS="$(OPTIONS)" tests/hlsc/fuzz/fuzz.sh $(HLSC) $(HLSC_GENERATE) $(O)/fuzz $(N) $(or $(SEED),1)

.PHONY: fuzz-hlsc-csmith
## fuzz-hlsc-csmith: programs of csmith, which must be installed: N=200 SEED=1
fuzz-hlsc-csmith: $(HLSC)
	tests/hlsc/fuzz/csmith.sh $(HLSC) $(O)/csmith $(if $(filter command% environment%,$(origin N)),$(N),200) $(or $(SEED),1)

.PHONY: mutate-hlsc
## mutate-hlsc: breaks the rules of the compiler one by one; each must be found out, and a program that finds one be reduced
mutate-hlsc: $(HLSC) $(HLSC_GENERATE)
	SEQUENCER_KERNELS="$(HLSC_SEQUENCER_KERNELS)" tests/hlsc/mutate/mutate.sh $(HLSC) $(O)/mutate
	tests/hlsc/fuzz/reducer.sh $(HLSC) $(HLSC_GENERATE) $(O)/reducer difference
