/* client_transfers.c -- synchronous bulk transfers: sizes, packets, overflow, timeouts, halted endpoints. */
#include "client.h"

static void test_no_such_endpoint(void **state)
{
    uint8_t data[64] = {0};
    int moved;
    (void)state;
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_OUT + 1, data, sizeof data, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_IO);
    works(1);
}

static void test_single_bytes(void **state)
{
    uint8_t bytes[ANSWER_BYTES];
    (void)state;
    query(bytes, 3);
    for (int i = 0; i < QUERY_BYTES; i++)
        send(bytes + i, 1);
    receive(bytes, ANSWER_BYTES);
    check_answer(bytes, 3);
}

/* Requests in two transfers, the first of n bytes: a byte too many or too few, and the next is none. */
static void test_out_of_every_size(void **state)
{
    static const int sizes[] = {1,   2,   3,   62,   63,   64,   65,   66,   127,   128,   129,
                                511, 512, 513, 1023, 1024, 4095, 4096, 4097, 16383, 16384, 16385};
    static uint8_t bytes[16386 + QUERY_BYTES];
    (void)state;
    for (uint16_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int payload_bytes = (sizes[i] + 1) / 2 * 2;
        request(bytes, NO_OPCODE, i, (uint32_t)payload_bytes / 2);
        send(bytes, sizes[i]);
        send(bytes + sizes[i], QUERY_BYTES + payload_bytes - sizes[i]);
        expect_refusal(i);
    }
    works(4);
}

static void test_64_kib_out(void **state)
{
    static uint8_t bytes[65536];
    (void)state;
    request(bytes, NO_OPCODE, 5, (sizeof bytes - QUERY_BYTES) / 2);
    send(bytes, sizeof bytes);
    expect_refusal(5);
    works(6);
}

/* Eight answers wait in the board; whole packets of them are read. */
static void test_in_of_whole_packets(void **state)
{
    uint8_t bytes[8 * ANSWER_BYTES], id[EDDY_USB_ID_BYTES];
    int n = 0;
    (void)state;
    for (int q = 0; q < 8; q++)
        query(bytes + q * QUERY_BYTES, (uint16_t)q);
    send(bytes, 8 * QUERY_BYTES);
    read_id(id, sizeof id); /* time passes for the board */
    for (int packets = 1; packets <= 3; packets++) {
        int moved;
        assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, bytes + n, packets * EDDY_USB_PACKET_BYTES,
                              TIMEOUT_MS, &moved),
                         0);
        assert_int_equal(moved, packets * EDDY_USB_PACKET_BYTES);
        n += moved;
    }
    assert_int_equal(n, sizeof bytes);
    for (int q = 0; q < 8; q++)
        check_answer(bytes + q * ANSWER_BYTES, (uint16_t)q);
}

static void test_64_kib_in(void **state)
{
    enum { QUERIES = 65536 / ANSWER_BYTES + 1, CHUNK = sizeof((struct flight *)0)->data };
    static struct flight out[(QUERIES * QUERY_BYTES + CHUNK - 1) / CHUNK];
    static uint8_t answers[QUERIES * ANSWER_BYTES + 65536];
    int n = 0;
    (void)state;
    for (int q = 0; q < QUERIES; q++)
        query(out[q * QUERY_BYTES / CHUNK].data + q * QUERY_BYTES % CHUNK, (uint16_t)q);
    for (int at = 0; at < QUERIES * QUERY_BYTES; at += CHUNK) {
        const int left = QUERIES * QUERY_BYTES - at;
        launch(&out[at / CHUNK], EDDY_USB_ENDPOINT_OUT, left < CHUNK ? left : CHUNK);
    }
    while (n < QUERIES * ANSWER_BYTES) {
        int moved;
        assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, answers + n, 65536, TIMEOUT_MS, &moved), 0);
        n += moved;
    }
    assert_int_equal(n, QUERIES * ANSWER_BYTES);
    for (int q = 0; q < QUERIES; q++)
        check_answer(answers + q * ANSWER_BYTES, (uint16_t)q);
    await(out, sizeof out / sizeof *out);
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

/* Four answers are three packets: an empty one tells that nothing follows. */
static void test_empty_packet_ends_a_transfer(void **state)
{
    uint8_t bytes[4 * QUERY_BYTES], data[512];
    int moved;
    (void)state;
    for (int q = 0; q < 4; q++)
        query(bytes + q * QUERY_BYTES, (uint16_t)q);
    send(bytes, sizeof bytes);
    read_id(data, sizeof data);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, data, sizeof data, TIMEOUT_MS, &moved), 0);
    assert_int_equal(moved, 4 * ANSWER_BYTES);
    assert_int_equal(moved % EDDY_USB_PACKET_BYTES, 0);
}

static void test_zero_length_packet(void **state)
{
    uint8_t bytes[ANSWER_BYTES];
    (void)state;
    send(NULL, 0);
    query(bytes, 6);
    send(bytes, 6);
    send(NULL, 0);
    send(bytes + 6, QUERY_BYTES - 6);
    receive(bytes, ANSWER_BYTES);
    check_answer(bytes, 6);
}

static void test_zero_packet_flag(void **state)
{
    static struct flight flight;
    (void)state;
    request(flight.data, NO_OPCODE, 7, (EDDY_USB_PACKET_BYTES - QUERY_BYTES) / 2);
    for (int round = 0; round < 3; round++) {
        launch(&flight, EDDY_USB_ENDPOINT_OUT, EDDY_USB_PACKET_BYTES);
        flight.transfer->flags = LIBUSB_TRANSFER_ADD_ZERO_PACKET;
        await(&flight, 1);
        assert_int_equal(flight.status, LIBUSB_TRANSFER_COMPLETED);
        expect_refusal(7);
    }
}

static void test_overflow(void **state)
{
    uint8_t bytes[8 * QUERY_BYTES], data[EDDY_USB_PACKET_BYTES];
    int moved;
    (void)state;
    for (int q = 0; q < 8; q++)
        query(bytes + q * QUERY_BYTES, 1);
    send(bytes, sizeof bytes);
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

/* Nobody reads the answers: the board takes no more. */
static void test_timeout_of_a_full_board(void **state)
{
    uint8_t bytes[256 * QUERY_BYTES];
    int moved;
    (void)state;
    for (int q = 0; q < 256; q++)
        query(bytes + q * QUERY_BYTES, (uint16_t)q);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_OUT, bytes, sizeof bytes, 200, &moved),
                     LIBUSB_ERROR_TIMEOUT);
    assert_int_equal(moved % EDDY_USB_PACKET_BYTES, 0); /* QEMU's controller says all of it */
    empty();
    works(9);
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
    uint8_t bytes[ANSWER_BYTES], data[64];
    int moved;
    (void)state;
    query(bytes, 11);
    halt(EDDY_USB_ENDPOINT_IN);
    send(bytes, QUERY_BYTES);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, data, sizeof data, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_PIPE);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_IN), 0);
    receive(bytes, ANSWER_BYTES);
    check_answer(bytes, 11);
}

const struct CMUnitTest transfer_checks[] = {
    CHECK(test_no_such_endpoint),
    CHECK(test_single_bytes),
    CHECK(test_out_of_every_size),
    CHECK(test_64_kib_out),
    CHECK(test_in_of_whole_packets),
    CHECK(test_64_kib_in),
    CHECK(test_short_packet_ends_a_transfer),
    CHECK(test_empty_packet_ends_a_transfer),
    CHECK(test_zero_length_packet),
    CHECK(test_zero_packet_flag),
    CHECK(test_overflow),
    CHECK(test_timeout),
    CHECK(test_timeout_of_a_full_board),
    CHECK(test_halt_out),
    CHECK(test_halt_in),
    NO_CHECK,
};
