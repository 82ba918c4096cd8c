/* wires.h -- a board on its two wires, for the tests of the protocol; and queries of its engine, whose answers tell a lost word
 * from a doubled one. */
#ifndef TESTS_USB_WIRES_H
#define TESTS_USB_WIRES_H

#include "queries.h"
#include "sim/usb/usbdev.h"
#include "usb/usb_format.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERIAL 0x1234ABCDu
#define ADDRESS 2
#define OUT_EP (EDDY_USB_ENDPOINT_OUT & 0xf)
#define IN_EP (EDDY_USB_ENDPOINT_IN & 0xf)
#define HEADER_BYTES QUERY_BYTES

extern struct board *board;
extern struct usbdev dev;

/* A test with a board of its own, plugged in and enumerated. */
#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, plug, unplug)
int plug(void **state);
int unplug(void **state);

/* A request with no data stage, or with one to the host into data. */
int ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length,
        uint8_t *data);
/* SE0 now, for 10 us: the board has address 0 and no configuration. */
void reset_bus(void);
/* After whatever puts the toggles of the bulk endpoints back. */
void reset_toggles(void);
bool *out_toggle(void);
bool *in_toggle(void);

/* ---- single packets ---- */

/* What the board says to the packet that was sent last: its PID, BUS_SILENT or BUS_BROKEN. heard: that packet. */
int answer(void);
extern struct heard {
    uint8_t bytes[BUS_PACKET_BYTES];
    int n_bytes;
} heard;
int say_token(enum usb_pid pid, unsigned endpoint);
/* A token and a data packet. */
int say_data(enum usb_pid token, unsigned endpoint, enum usb_pid pid, const uint8_t *data,
             size_t n_bytes);
enum usb_pid data_pid(bool toggle);
void pause_bits(unsigned n_bits);

/* ---- queries ---- */

/* The line states of an OUT data packet with a query. */
size_t query_lines(uint16_t sequence, uint8_t lines[BUS_PACKET_LINES]);
/* A bulk OUT packet, through NAKs. */
int out(const uint8_t *bytes, size_t n_bytes);
void send_query(uint16_t sequence);
bool is_answer(const uint8_t *bytes, uint16_t sequence);
/* Reads the answer, however it is cut into packets, through NAKs and errors; then there must be no more. */
void read_answer(uint16_t sequence);
void works(uint16_t sequence);

#endif
