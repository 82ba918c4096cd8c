# Tests of USB, from the wires up. Included by tests/tests.mk.
USB_WIRE_TESTS := $(addprefix $(O)/tests/usb_,requests transactions line monkey)
$(USB_WIRE_TESTS): $(O)/tests/usb_%: $(O)/obj/tests/usb/test_%.o $(addprefix $(O)/obj/tests/usb/,wires.o queries.o) $(USB_BOARD_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

USB_TEST_PROGRAMS := $(USB_WIRE_TESTS)
USB_TESTS := $(USB_WIRE_TESTS)
USB_TEST_PROGRAMS += $(O)/bin/with-board
USB_TESTS += "tests/usb/run.sh $(O)/bin"

# What a program may expect of libusb and a board: the same on every front.
$(O)/tests/usb_client: $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/usb/client*.c)) $(O)/obj/tests/usb/queries.o $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
USB_TEST_PROGRAMS += $(O)/tests/usb_client
USB_TESTS += "timeout 300 $(O)/bin/with-board --mode 660 $(O)/tests/usb_client"

# usbredir, without a kernel behind it.
$(O)/obj/tests/usb/peer.o: override CFLAGS += $(shell pkg-config --cflags libusbredirparser-0.5)
$(O)/tests/usb_peer: $(addprefix $(O)/obj/tests/usb/,peer.o queries.o) $(SUPPORT_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs libusbredirparser-0.5) -lcmocka
USB_TEST_PROGRAMS += $(O)/tests/usb_peer
USB_TESTS += "timeout 300 $(O)/bin/with-board --usbredir $(O)/tests/usbredir $(O)/tests/usb_peer $(O)/tests/usbredir/board1"

# ... and behind Debian's kernel, in a guest of QEMU.
GUEST_PACKAGES := qemu-system-x86 libkmod2
$(O)/guest/vmlinux: tests/usb/guest/fetch.sh
	$(call say,FETCH)
	$< $(@D)

.PHONY: test-usb-kernel
## test-usb-kernel: the client suite of libusb in a guest of QEMU: a simulated board behind Debian's kernel
test-usb-kernel: deps
	$(call install_missing,$(GUEST_PACKAGES))
	+$(MAKE) --no-print-directory $(addprefix $(O)/, \
	  bin/eddy bin/with-board tests/usb_client tests/usb_faults guest/vmlinux)
	O=$(O) tests/run.sh "tests/usb/guest/run.sh $(O)"

$(O)/tests/usb_faults: $(addprefix $(O)/obj/tests/usb/,faults.o queries.o) $(SUPPORT_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
USB_TEST_PROGRAMS += $(O)/tests/usb_faults
USB_TESTS += "timeout 300 $(O)/bin/with-board $(O)/tests/usb_faults usb: 10 1"

USB_TESTS += "tests/usb/prove.sh $(O)"
.PHONY: prove-usb
## prove-usb: queues across clocks, toggles and handshakes of the USB device, by induction
prove-usb:
	tests/usb/prove.sh $(O)

## usb-faults: streams disturbed at random, each right or refused: RUNS=200 SEED=1
RUNS ?= 200
.PHONY: usb-faults
usb-faults: $(O)/bin/with-board $(O)/tests/usb_faults
	$< $(O)/tests/usb_faults usb: $(RUNS) $(SEED)

$(O)/tests/usb_bench: $(O)/obj/tests/usb/bench.o $(USB_BOARD_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: bench-usb
## bench-usb: throughput, steps a second and latency over the simulated bus, the host's cost of a step, each beside its bound
bench-usb: build $(O)/tests/usb_bench
	@tests/usb/bench.sh $(O)
