/* client.c -- what a program may expect of libusb and the board, on any front: with-board's usbfs, a real kernel.
 *
 * EDDY_BOARDS_CONTROL names the file that plugs and unplugs the board.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

libusb_context *usb;
libusb_device_handle *handle;

/* ---- the board ---- */

void command(const char *line)
{
    assert_int_equal(command_boards(line), 0);
}

void empty(void)
{
    assert_int_equal(libusb_control_transfer(handle, VENDOR_OUT, EDDY_USB_REQUEST_RESET, 0, 0, NULL,
                                             0, TIMEOUT_MS),
                     0);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_OUT), 0);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_IN), 0);
}

static int try_to_open(void)
{
    handle = libusb_open_device_with_vid_pid(usb, EDDY_USB_VENDOR, EDDY_USB_PRODUCT);
    if (!handle)
        return LIBUSB_ERROR_NO_DEVICE;
    const int error = libusb_claim_interface(handle, 0);
    if (error) {
        libusb_close(handle);
        handle = NULL;
    }
    return error;
}

/* A board that was just plugged in is announced before it is configured: there is no interface to claim then. */
int open_board(void **state)
{
    int error = LIBUSB_ERROR_NO_DEVICE;
    (void)state;
    for (int tries = 0; tries < 100 && error; tries++) {
        error = try_to_open();
        if (error)
            usleep(50000);
        if (error && tries == 50)
            command("plug 0"); /* a check that failed may have left it unplugged */
    }
    if (error) {
        print_error("no board: %s\n", libusb_error_name(error));
        return -1;
    }
    empty();
    return 0;
}

int close_board(void **state)
{
    (void)state;
    libusb_close(handle);
    handle = NULL;
    return 0;
}

/* ---- requests and answers ---- */

int read_id(uint8_t *id, uint16_t room)
{
    return libusb_control_transfer(handle, VENDOR_IN, EDDY_USB_REQUEST_ID, 0, 0, id, room,
                                   TIMEOUT_MS);
}

int bulk(uint8_t endpoint, uint8_t *data, int n_bytes, unsigned timeout_ms, int *moved)
{
    return libusb_bulk_transfer(handle, endpoint, data, n_bytes, moved, timeout_ms);
}

void send(uint8_t *data, int n_bytes)
{
    int moved;
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_OUT, data, n_bytes, TIMEOUT_MS, &moved), 0);
    assert_int_equal(moved, n_bytes);
}

void receive(uint8_t *data, int n_bytes)
{
    for (int n = 0, moved; n < n_bytes; n += moved) {
        uint8_t buffer[512];
        assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, buffer, sizeof buffer, TIMEOUT_MS, &moved), 0);
        assert_true(moved <= n_bytes - n);
        memcpy(data + n, buffer, (size_t)moved);
    }
}

static void check_header(const uint8_t bytes[QUERY_BYTES], uint16_t sequence, uint16_t status)
{
    assert_int_equal(bytes[1], ANSWER_MAGIC);
    assert_int_equal(bytes[4] | bytes[5] << 8, sequence);
    assert_int_equal(bytes[6] | bytes[7] << 8, status);
}

void check_answer(const uint8_t bytes[ANSWER_BYTES], uint16_t sequence)
{
    check_header(bytes, sequence, PACKET_STATUS_OK);
    assert_int_equal(bytes[QUERY_BYTES] | bytes[QUERY_BYTES + 1] << 8, ID_MAGIC_VALUE);
}

void expect_refusal(uint16_t sequence)
{
    uint8_t bytes[QUERY_BYTES];
    receive(bytes, QUERY_BYTES);
    check_header(bytes, sequence, PACKET_STATUS_OPCODE);
}

void works(uint16_t sequence)
{
    uint8_t bytes[ANSWER_BYTES];
    query(bytes, sequence);
    send(bytes, QUERY_BYTES);
    receive(bytes, ANSWER_BYTES);
    check_answer(bytes, sequence);
}

/* ---- asynchronous transfers ---- */

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1000 * (int64_t)now.tv_sec + now.tv_nsec / 1000000;
}

void handle_events(int limit_ms)
{
    struct timeval limit = {.tv_usec = 1000 * limit_ms};
    libusb_handle_events_timeout(usb, &limit);
}

static void LIBUSB_CALL landed(struct libusb_transfer *transfer)
{
    struct flight *flight = transfer->user_data;
    const bool again = transfer->status == LIBUSB_TRANSFER_COMPLETED && flight->next &&
                       flight->next(flight) && libusb_submit_transfer(transfer) == 0;
    if (!again)
        flight->status = (int)transfer->status;
}

void launch(struct flight *flight, uint8_t endpoint, int n_bytes)
{
    flight->transfer = libusb_alloc_transfer(0);
    flight->status = -1;
    libusb_fill_bulk_transfer(flight->transfer, handle, endpoint, flight->data, n_bytes, landed,
                              flight, 0);
    assert_int_equal(libusb_submit_transfer(flight->transfer), 0);
}

void launch_all(struct flight *flights, int n, uint8_t endpoint)
{
    for (int i = 0; i < n; i++) {
        flights[i].next = NULL;
        launch(&flights[i], endpoint, sizeof flights[i].data);
    }
}

void await(struct flight *flights, int n)
{
    for (int i = 0; i < n; i++) {
        HANDLE_EVENTS_UNTIL(flights[i].status >= 0);
        assert_true(flights[i].status >= 0);
        libusb_free_transfer(flights[i].transfer);
    }
}

void cancel(struct flight *flights, int n)
{
    for (int i = n - 1; i >= 0; i--)
        if (flights[i].status < 0)
            assert_int_equal(libusb_cancel_transfer(flights[i].transfer), 0);
}

/* ---- all of it ---- */

int main(void)
{
    const struct CMUnitTest *const groups[] = {device_checks, transfer_checks, flight_checks,
                                               user_checks};
    static struct CMUnitTest checks[64]; /* those without a name are none */
    size_t n = 0;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const struct CMUnitTest *check = groups[g]; check->name; check++)
            if (n < sizeof checks / sizeof *checks)
                checks[n++] = *check;
    if (libusb_init(&usb))
        return EXIT_FAILURE;
    const int failed = cmocka_run_group_tests(checks, NULL, NULL);
    libusb_exit(usb);
    return failed;
}
