/* client.c -- what a program may expect of libusb and the board, on any front: with_board's usbfs, a real kernel.
 *
 * EDDY_BOARDS_CONTROL names the file that plugs and unplugs the board.
 */
#include "../../hw/usb/usb_format.h"
#include "host/lib/request.h"

#include <libusb-1.0/libusb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TIMEOUT_MS 10000
#define QUERY_BYTES (2 * PACKET_HEADER_WORDS)
#define ANSWER_BYTES (QUERY_BYTES + 2 * ID_WORDS)
#define VENDOR_IN (LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_VENDOR | LIBUSB_RECIPIENT_DEVICE)
#define VENDOR_OUT (LIBUSB_ENDPOINT_OUT | LIBUSB_REQUEST_TYPE_VENDOR | LIBUSB_RECIPIENT_DEVICE)

static libusb_context *usb;
static libusb_device_handle *handle;

/* ---- helpers ---- */

static void empty(void)
{
    assert_int_equal(libusb_control_transfer(handle, VENDOR_OUT, EDDY_USB_REQUEST_RESET, 0, 0, NULL,
                                             0, TIMEOUT_MS),
                     0);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_OUT), 0);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_IN), 0);
}

static int open_board(void **state)
{
    (void)state;
    for (int tries = 0; tries < 100 && !handle; tries++) {
        handle = libusb_open_device_with_vid_pid(usb, EDDY_USB_VENDOR, EDDY_USB_PRODUCT);
        if (!handle)
            usleep(50000);
    }
    if (!handle || libusb_claim_interface(handle, 0))
        return -1;
    empty();
    return 0;
}

static int close_board(void **state)
{
    (void)state;
    libusb_close(handle);
    handle = NULL;
    return 0;
}

static void query(uint8_t bytes[QUERY_BYTES], uint16_t sequence)
{
    uint16_t words[PACKET_HEADER_WORDS];
    packet_write_request(&(struct request_header){.opcode = PACKET_QUERY, .sequence = sequence},
                         words);
    for (int i = 0; i < QUERY_BYTES; i++)
        bytes[i] = (uint8_t)(words[i / 2] >> 8 * (i % 2));
}

static int bulk(uint8_t endpoint, uint8_t *data, int n_bytes, unsigned timeout_ms, int *moved)
{
    return libusb_bulk_transfer(handle, endpoint, data, n_bytes, moved, timeout_ms);
}

static void send(uint8_t *data, int n_bytes)
{
    int moved;
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_OUT, data, n_bytes, TIMEOUT_MS, &moved), 0);
    assert_int_equal(moved, n_bytes);
}

static void receive(uint8_t *data, int n_bytes)
{
    for (int n = 0, moved; n < n_bytes; n += moved) {
        uint8_t buffer[512];
        assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, buffer, sizeof buffer, TIMEOUT_MS, &moved), 0);
        assert_true(moved <= n_bytes - n);
        memcpy(data + n, buffer, (size_t)moved);
    }
}

static void expect_answer(uint16_t sequence)
{
    uint8_t bytes[ANSWER_BYTES];
    receive(bytes, ANSWER_BYTES);
    assert_int_equal(bytes[1], ANSWER_MAGIC);
    assert_int_equal(bytes[4] | bytes[5] << 8, sequence);
}

static void works(uint16_t sequence)
{
    uint8_t bytes[QUERY_BYTES];
    query(bytes, sequence);
    send(bytes, sizeof bytes);
    expect_answer(sequence);
}

static void command(const char *text)
{
    FILE *file = fopen(getenv("EDDY_BOARDS_CONTROL"), "w");
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    assert_int_equal(fclose(file), 0);
}

/* ---- asynchronous transfers ---- */

struct flight {
    struct libusb_transfer *transfer;
    uint8_t data[512];
    int status; /* -1: under way */
};

static void LIBUSB_CALL landed(struct libusb_transfer *transfer)
{
    ((struct flight *)transfer->user_data)->status = (int)transfer->status;
}

static void launch(struct flight *flight, uint8_t endpoint)
{
    flight->transfer = libusb_alloc_transfer(0);
    flight->status = -1;
    libusb_fill_bulk_transfer(flight->transfer, handle, endpoint, flight->data, sizeof flight->data,
                              landed, flight, 0);
    assert_int_equal(libusb_submit_transfer(flight->transfer), 0);
}

static void await(struct flight *flights, int n)
{
    for (int i = 0; i < n; i++) {
        for (int tries = 0; tries < 100 && flights[i].status < 0; tries++) {
            struct timeval limit = {.tv_usec = 100000};
            libusb_handle_events_timeout(usb, &limit);
        }
        assert_true(flights[i].status >= 0);
        libusb_free_transfer(flights[i].transfer);
    }
}

/* ---- the checks ---- */

static void test_enumeration(void **state)
{
    struct libusb_device_descriptor descriptor;
    (void)state;
    assert_int_equal(libusb_get_device_descriptor(libusb_get_device(handle), &descriptor), 0);
    assert_int_equal(descriptor.bcdUSB, 0x0110);
    assert_int_equal(descriptor.bDeviceClass, LIBUSB_CLASS_VENDOR_SPEC);
    assert_int_equal(descriptor.bcdDevice, EDDY_USB_RELEASE);
    assert_int_equal(libusb_get_device_speed(libusb_get_device(handle)), LIBUSB_SPEED_FULL);
}

static void test_configuration(void **state)
{
    struct libusb_config_descriptor *config;
    int number;
    (void)state;
    assert_int_equal(libusb_get_configuration(handle, &number), 0);
    assert_int_equal(number, 1);
    assert_int_equal(libusb_get_active_config_descriptor(libusb_get_device(handle), &config), 0);
    assert_int_equal(config->interface[0].altsetting[0].bNumEndpoints, 2);
    libusb_free_config_descriptor(config);
    assert_int_equal(libusb_get_max_packet_size(libusb_get_device(handle), EDDY_USB_ENDPOINT_IN),
                     EDDY_USB_PACKET_BYTES);
}

static void expect_text(uint8_t index, const char *expected)
{
    unsigned char text[64];
    assert_true(libusb_get_string_descriptor_ascii(handle, index, text, sizeof text) > 0);
    assert_string_equal((char *)text, expected);
}

static void test_manufacturer(void **state)
{
    (void)state;
    expect_text(1, EDDY_USB_MANUFACTURER);
}

static void test_product(void **state)
{
    (void)state;
    expect_text(2, EDDY_USB_PRODUCT_NAME);
}

static void test_serial(void **state)
{
    (void)state;
    expect_text(3, "00000001");
}

static void test_second_claim_is_refused(void **state)
{
    libusb_device_handle *other;
    (void)state;
    assert_int_equal(libusb_open(libusb_get_device(handle), &other), 0);
    assert_int_equal(libusb_claim_interface(other, 0), LIBUSB_ERROR_BUSY);
    libusb_close(other);
}

static void test_alternate_setting(void **state)
{
    (void)state;
    assert_int_equal(libusb_set_interface_alt_setting(handle, 0, 0), 0);
    works(1);
}

static void test_vendor_in(void **state)
{
    uint8_t id[64];
    (void)state;
    assert_int_equal(libusb_control_transfer(handle, VENDOR_IN, EDDY_USB_REQUEST_ID, 0, 0, id,
                                             sizeof id, TIMEOUT_MS),
                     EDDY_USB_ID_BYTES);
    assert_memory_equal(id, "EDDY", 4);
    assert_int_equal(
        libusb_control_transfer(handle, VENDOR_IN, EDDY_USB_REQUEST_ID, 0, 0, id, 5, TIMEOUT_MS),
        5);
}

static void test_vendor_out(void **state)
{
    uint8_t bytes[QUERY_BYTES];
    (void)state;
    query(bytes, 1);
    send(bytes, sizeof bytes);
    send(bytes, 5);
    empty();
    works(2);
}

static void test_control_stall(void **state)
{
    uint8_t data[8] = {0};
    (void)state;
    assert_int_equal(libusb_control_transfer(handle, VENDOR_IN, 99, 0, 0, data, 8, TIMEOUT_MS),
                     LIBUSB_ERROR_PIPE);
    assert_int_equal(libusb_control_transfer(handle, VENDOR_OUT, 99, 0, 0, data, 8, TIMEOUT_MS),
                     LIBUSB_ERROR_PIPE);
    test_vendor_in(state);
}

static void test_single_bytes(void **state)
{
    uint8_t bytes[QUERY_BYTES];
    (void)state;
    query(bytes, 3);
    for (int i = 0; i < QUERY_BYTES; i++)
        send(bytes + i, 1);
    expect_answer(3);
}

/* Words that are no packet: one answer to all of them. */
static void test_64_kib(void **state)
{
    static uint8_t zeros[65536];
    uint8_t answer[QUERY_BYTES];
    (void)state;
    send(zeros, sizeof zeros);
    receive(answer, sizeof answer);
    assert_int_equal(answer[6], PACKET_STATUS_HEADER);
    works(4);
}

static void test_short_packet_ends_a_transfer(void **state)
{
    uint8_t bytes[QUERY_BYTES], data[4096];
    int moved, n = 0;
    (void)state;
    query(bytes, 5);
    send(bytes, sizeof bytes);
    while (n < ANSWER_BYTES) {
        assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, data, sizeof data, TIMEOUT_MS, &moved), 0);
        assert_in_range(moved, 1, EDDY_USB_PACKET_BYTES - 1);
        n += moved;
    }
}

static void test_zero_length_packet(void **state)
{
    (void)state;
    send(NULL, 0);
    works(6);
}

static void test_zero_packet_flag(void **state)
{
    struct flight flight;
    (void)state;
    memset(flight.data, 0, sizeof flight.data);
    flight.transfer = libusb_alloc_transfer(0);
    flight.status = -1;
    libusb_fill_bulk_transfer(flight.transfer, handle, EDDY_USB_ENDPOINT_OUT, flight.data,
                              EDDY_USB_PACKET_BYTES, landed, &flight, 0);
    flight.transfer->flags = LIBUSB_TRANSFER_ADD_ZERO_PACKET;
    assert_int_equal(libusb_submit_transfer(flight.transfer), 0);
    await(&flight, 1);
    assert_int_equal(flight.status, LIBUSB_TRANSFER_COMPLETED);
}

static void test_overflow(void **state)
{
    uint8_t bytes[8 * QUERY_BYTES], data[EDDY_USB_PACKET_BYTES];
    int moved;
    (void)state;
    for (int q = 0; q < 8; q++)
        query(bytes + q * QUERY_BYTES, 1);
    send(bytes, sizeof bytes);
    usleep(20000);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, data, 1, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_OVERFLOW);
    empty();
    works(7);
}

static void test_timeout(void **state)
{
    uint8_t data[64];
    int moved;
    (void)state;
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, data, sizeof data, 50, &moved),
                     LIBUSB_ERROR_TIMEOUT);
    assert_int_equal(moved, 0);
    works(8);
}

static void halt(uint8_t endpoint)
{
    assert_int_equal(libusb_control_transfer(handle, LIBUSB_RECIPIENT_ENDPOINT,
                                             LIBUSB_REQUEST_SET_FEATURE, 0, endpoint, NULL, 0,
                                             TIMEOUT_MS),
                     0);
}

static void test_halt_out(void **state)
{
    uint8_t bytes[QUERY_BYTES];
    int moved;
    (void)state;
    query(bytes, 9);
    halt(EDDY_USB_ENDPOINT_OUT);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_OUT, bytes, sizeof bytes, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_PIPE);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_OUT), 0);
    works(10);
}

static void test_halt_in(void **state)
{
    uint8_t bytes[QUERY_BYTES], data[64];
    int moved;
    (void)state;
    query(bytes, 11);
    halt(EDDY_USB_ENDPOINT_IN);
    send(bytes, sizeof bytes);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, data, sizeof data, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_PIPE);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_IN), 0);
    expect_answer(11);
}

static void test_cancel(void **state)
{
    struct flight flights[8];
    (void)state;
    for (int i = 0; i < 8; i++)
        launch(&flights[i], EDDY_USB_ENDPOINT_IN);
    for (int i = 7; i >= 0; i--)
        assert_int_equal(libusb_cancel_transfer(flights[i].transfer), 0);
    await(flights, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(flights[i].status, LIBUSB_TRANSFER_CANCELLED);
    works(12);
}

static volatile int stop_events;

static void *handle_events(void *user)
{
    (void)user;
    while (!stop_events) {
        struct timeval limit = {.tv_usec = 50000};
        libusb_handle_events_timeout(usb, &limit);
    }
    return NULL;
}

static void test_thread_of_events(void **state)
{
    pthread_t thread;
    (void)state;
    stop_events = 0;
    assert_int_equal(pthread_create(&thread, NULL, handle_events, NULL), 0);
    for (uint16_t n = 0; n < 50; n++)
        works(n);
    stop_events = 1;
    libusb_interrupt_event_handler(usb);
    pthread_join(thread, NULL);
}

static void test_streaming(void **state)
{
    static struct flight flights[8];
    uint8_t bytes[8 * QUERY_BYTES], answers[8 * ANSWER_BYTES];
    (void)state;
    for (uint16_t round = 0; round < 20; round++) {
        size_t n = 0;
        for (int i = 0; i < 8; i++) {
            query(bytes + i * QUERY_BYTES, (uint16_t)(8 * round + i));
            launch(&flights[i], EDDY_USB_ENDPOINT_IN);
        }
        send(bytes, sizeof bytes);
        for (int tries = 0; tries < 100 && n < sizeof answers; tries++) {
            struct timeval limit = {.tv_usec = 20000};
            libusb_handle_events_timeout(usb, &limit);
            n = 0;
            for (int i = 0; i < 8; i++)
                n += flights[i].status == 0 ? (size_t)flights[i].transfer->actual_length : 0;
            if (flights[7].status >= 0)
                break;
        }
        for (int i = 0; i < 8; i++)
            if (flights[i].status < 0)
                libusb_cancel_transfer(flights[i].transfer);
        n = 0;
        for (int i = 0; i < 8; i++) {
            struct libusb_transfer *transfer = flights[i].transfer;
            for (int tries = 0; tries < 100 && flights[i].status < 0; tries++) {
                struct timeval limit = {.tv_usec = 20000};
                libusb_handle_events_timeout(usb, &limit);
            }
            const size_t length = (size_t)transfer->actual_length;
            assert_true(n + length <= sizeof answers);
            memcpy(answers + n, flights[i].data, length);
            n += length;
            libusb_free_transfer(transfer);
        }
        receive(answers + n, (int)(sizeof answers - n));
        for (int i = 0; i < 8; i++)
            assert_int_equal(answers[i * ANSWER_BYTES + 4] | answers[i * ANSWER_BYTES + 5] << 8,
                             8 * round + i);
    }
}

static void test_reset(void **state)
{
    uint8_t bytes[QUERY_BYTES];
    (void)state;
    query(bytes, 1);
    send(bytes, sizeof bytes);
    assert_int_equal(libusb_reset_device(handle), 0);
    works(13);
}

static void test_killed_client(void **state)
{
    (void)state;
    libusb_release_interface(handle, 0);
    const pid_t child = fork();
    if (child == 0) {
        libusb_context *own;
        libusb_device_handle *board = NULL;
        uint8_t data[512];
        if (libusb_init(&own) == 0)
            board = libusb_open_device_with_vid_pid(own, EDDY_USB_VENDOR, EDDY_USB_PRODUCT);
        if (!board || libusb_claim_interface(board, 0))
            _exit(1);
        for (int i = 0; i < 8; i++) {
            struct libusb_transfer *t = libusb_alloc_transfer(0);
            libusb_fill_bulk_transfer(t, board, EDDY_USB_ENDPOINT_IN, data, sizeof data, landed,
                                      NULL, 0);
            libusb_submit_transfer(t);
        }
        raise(SIGKILL);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    int claimed = LIBUSB_ERROR_BUSY;
    for (int tries = 0; tries < 100 && claimed == LIBUSB_ERROR_BUSY; tries++) {
        usleep(10000);
        claimed = libusb_claim_interface(handle, 0);
    }
    assert_int_equal(claimed, 0);
    empty();
    works(14);
}

static void test_no_permission(void **state)
{
    (void)state;
    char path[64];
    libusb_device *device = libusb_get_device(handle);
    snprintf(path, sizeof path, "/dev/bus/usb/%03d/%03d", libusb_get_bus_number(device),
             libusb_get_device_address(device));
    const pid_t child = fork();
    if (child == 0) {
        libusb_context *own;
        libusb_device **devices;
        libusb_device_handle *board;
        const bool dropped = setgid(65534) == 0 && setuid(65534) == 0;
        int refused = 0;
        if (!dropped || access("/", X_OK))
            _exit(2);
        if (libusb_init(&own))
            _exit(1);
        const ssize_t n = libusb_get_device_list(own, &devices);
        for (ssize_t i = 0; i < n; i++)
            if (libusb_get_device_address(devices[i]) == libusb_get_device_address(device))
                refused = libusb_open(devices[i], &board) == LIBUSB_ERROR_ACCESS;
        _exit(refused ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == 2)
        skip(); /* no other user can be here */
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int arrived, left;

static int LIBUSB_CALL hotplugged(libusb_context *context, libusb_device *device,
                                  libusb_hotplug_event event, void *user)
{
    (void)context, (void)device, (void)user;
    *(event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED ? &arrived : &left) += 1;
    return 0;
}

static void wait_for(const int *event)
{
    for (int tries = 0; tries < 100 && !*event; tries++) {
        struct timeval limit = {.tv_usec = 100000};
        libusb_handle_events_timeout(usb, &limit);
    }
    assert_int_equal(*event, 1);
}

/* Unplugged with transfers in flight; what follows; and back. */
static void test_unplug_and_return(void **state)
{
    static struct flight flights[8];
    libusb_hotplug_callback_handle callback;
    uint8_t data[64] = {0};
    int moved;
    arrived = left = 0;
    assert_int_equal(libusb_hotplug_register_callback(
                         usb,
                         LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0,
                         EDDY_USB_VENDOR, EDDY_USB_PRODUCT, LIBUSB_HOTPLUG_MATCH_ANY, hotplugged,
                         NULL, &callback),
                     0);
    for (int i = 0; i < 8; i++)
        launch(&flights[i], EDDY_USB_ENDPOINT_IN);
    command("unplug 0");
    await(flights, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(flights[i].status, LIBUSB_TRANSFER_NO_DEVICE);
    wait_for(&left);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_OUT, data, sizeof data, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_NO_DEVICE);
    assert_int_equal(libusb_control_transfer(handle, VENDOR_IN, EDDY_USB_REQUEST_ID, 0, 0, data,
                                             sizeof data, TIMEOUT_MS),
                     LIBUSB_ERROR_NO_DEVICE);
    command("plug 0");
    wait_for(&arrived);
    libusb_hotplug_deregister_callback(usb, callback);
    close_board(state);
    assert_int_equal(open_board(state), 0);
    works(15);
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, open_board, close_board)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(test_enumeration),
        CHECK(test_configuration),
        CHECK(test_manufacturer),
        CHECK(test_product),
        CHECK(test_serial),
        CHECK(test_second_claim_is_refused),
        CHECK(test_alternate_setting),
        CHECK(test_vendor_in),
        CHECK(test_vendor_out),
        CHECK(test_control_stall),
        CHECK(test_single_bytes),
        CHECK(test_64_kib),
        CHECK(test_short_packet_ends_a_transfer),
        CHECK(test_zero_length_packet),
        CHECK(test_zero_packet_flag),
        CHECK(test_overflow),
        CHECK(test_timeout),
        CHECK(test_halt_out),
        CHECK(test_halt_in),
        CHECK(test_cancel),
        CHECK(test_thread_of_events),
        CHECK(test_streaming),
        CHECK(test_reset),
        CHECK(test_killed_client),
        CHECK(test_no_permission),
        CHECK(test_unplug_and_return),
    };
    if (libusb_init(&usb))
        return EXIT_FAILURE;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    libusb_exit(usb);
    return failed;
}
