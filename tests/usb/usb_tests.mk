# Tests of USB, from the wires up. Included by tests/tests.mk.
$(O)/tests/usb_protocol: $(O)/obj/tests/usb/test_protocol.o $(USB_BOARD_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

USB_TEST_PROGRAMS := $(O)/tests/usb_protocol
USB_TESTS := $(O)/tests/usb_protocol
USB_TEST_PROGRAMS += $(O)/bin/with-board
USB_TESTS += "tests/usb/run.sh $(O)/bin"
