/* client.h -- what the checks of the client suite share: the board as a program of libusb sees it. */
#ifndef TESTS_USB_CLIENT_H
#define TESTS_USB_CLIENT_H

#include "../../hw/usb/usb_format.h"
#include "queries.h"

#include <libusb-1.0/libusb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TIMEOUT_MS 60000
#define NO_OPCODE 0x7f /* a request that is skipped by its length, and answered by a header */
#define VENDOR_IN (LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_VENDOR | LIBUSB_RECIPIENT_DEVICE)
#define VENDOR_OUT (LIBUSB_ENDPOINT_OUT | LIBUSB_REQUEST_TYPE_VENDOR | LIBUSB_RECIPIENT_DEVICE)

extern libusb_context *usb;
extern libusb_device_handle *handle;

/* Setup and teardown of a check: the board open, claimed and empty. */
int open_board(void **state);
int close_board(void **state);
/* A line to the simulated boards (with_board.c). */
void command(const char *line);

/* Empties the board. */
void empty(void);
/* Vendor request EDDY_USB_REQUEST_ID; returns what libusb does. */
int read_id(uint8_t *id, uint16_t room);
int bulk(uint8_t endpoint, uint8_t *data, int n_bytes, unsigned timeout_ms, int *moved);
void send(uint8_t *data, int n_bytes);
void receive(uint8_t *data, int n_bytes);
/* An answer at `bytes`, of a query with that sequence number. */
void check_answer(const uint8_t bytes[ANSWER_BYTES], uint16_t sequence);
/* Receives the header that refuses NO_OPCODE. */
void expect_refusal(uint16_t sequence);
/* A query is answered. */
void works(uint16_t sequence);

/* An asynchronous transfer. */
struct flight {
    struct libusb_transfer *transfer;
    uint8_t data[512];
    int status; /* -1: under way */
    /* Called when it is completed, for one that flies again: returns whether it does. */
    bool (*next)(struct flight *);
};

int64_t now_ms(void);
void handle_events(int limit_ms);
/* Handles events until the condition holds, or for TIMEOUT_MS. */
#define HANDLE_EVENTS_UNTIL(condition)                                                             \
    for (const int64_t end_ms = now_ms() + TIMEOUT_MS; !(condition) && now_ms() < end_ms;)         \
    handle_events(100)
void launch(struct flight *flight, uint8_t endpoint, int n_bytes);
void launch_all(struct flight *flights, int n, uint8_t endpoint);
/* Until all of them have landed. */
void await(struct flight *flights, int n);
void cancel(struct flight *flights, int n);

/* Ends an array of checks. */
#define NO_CHECK ((struct CMUnitTest){0})
#define CHECK(name) cmocka_unit_test_setup_teardown(name, open_board, close_board)
extern const struct CMUnitTest device_checks[], transfer_checks[], flight_checks[], user_checks[];

#endif
