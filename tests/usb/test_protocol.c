/* test_protocol.c -- the board's RTL on its two wires: requests, toggles, and everything that can go wrong with a packet. */
#include "../../hw/usb/usb_format.h"
#include "host/lib/request.h"
#include "sim/usb/usbdev.h"

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
#define HEADER_BYTES (2 * PACKET_HEADER_WORDS)
#define ANSWER_BYTES (HEADER_BYTES + 2 * ID_WORDS)

static struct board *board;
static struct usbdev dev;

static int plug(void **state)
{
    (void)state;
    const struct board_options options = {.serial = SERIAL};
    board = board_open(&options);
    return board ? usbdev_plug(&dev, board) : -1;
}

static int unplug(void **state)
{
    (void)state;
    usbdev_unplug(&dev);
    board_close(board);
    return 0;
}

/* A request with no data stage, or with one to the host into data. */
static int ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length,
               uint8_t *data)
{
    const uint8_t setup[8] = {type,
                              request,
                              (uint8_t)value,
                              (uint8_t)(value >> 8),
                              (uint8_t)index,
                              (uint8_t)(index >> 8),
                              (uint8_t)length,
                              (uint8_t)(length >> 8)};
    return usbdev_control(&dev, setup, data);
}

/* ---- bulk: queries of the engine, whose answers tell a lost word from a doubled one ---- */

static void query(uint8_t bytes[HEADER_BYTES], uint16_t sequence)
{
    uint16_t words[PACKET_HEADER_WORDS];
    packet_write_request(&(struct request_header){.opcode = PACKET_QUERY, .sequence = sequence},
                         words);
    for (int i = 0; i < HEADER_BYTES; i++)
        bytes[i] = (uint8_t)(words[i / 2] >> 8 * (i % 2));
}

static bool *out_toggle(void)
{
    return &dev.toggles[OUT_EP];
}

static bool *in_toggle(void)
{
    return &dev.toggles[IN_EP + 16];
}

static int out(const uint8_t *bytes, size_t n_bytes)
{
    int result;
    while ((result = usbdev_out(&dev, PID_OUT, OUT_EP, out_toggle(), bytes, n_bytes)) == -EAGAIN)
        ;
    return result;
}

static void send_query(uint16_t sequence)
{
    uint8_t bytes[HEADER_BYTES];
    query(bytes, sequence);
    assert_int_equal(out(bytes, sizeof bytes), sizeof bytes);
}

static bool is_answer(const uint8_t *bytes, uint16_t sequence)
{
    uint16_t words[PACKET_HEADER_WORDS];
    struct answer_header header;
    for (int i = 0; i < PACKET_HEADER_WORDS; i++)
        words[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    return packet_read_answer(words, &header) && header.opcode == PACKET_QUERY &&
           header.sequence == sequence && header.length_words == ID_WORDS;
}

/* Reads the answer, however it is cut into packets, through NAKs and errors; then there must be no more. */
static void read_answer(uint16_t sequence)
{
    uint8_t bytes[ANSWER_BYTES + EDDY_USB_PACKET_BYTES];
    size_t n = 0;
    for (int tries = 0; tries < 200; tries++) {
        const int result = usbdev_in(&dev, IN_EP, in_toggle(), bytes + n, sizeof bytes - n);
        assert_true(result >= 0 || result == -EAGAIN || result == -EILSEQ);
        n += result > 0 ? (size_t)result : 0;
        if (n >= ANSWER_BYTES && result == -EAGAIN)
            break;
    }
    assert_int_equal(n, ANSWER_BYTES);
    assert_true(is_answer(bytes, sequence));
}

static void works(uint16_t sequence)
{
    send_query(sequence);
    read_answer(sequence);
}

/* ---- standard requests ---- */

static void test_descriptors(void **state)
{
    uint8_t data[256];
    (void)state;
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 64, data), 18);
    assert_int_equal(data[8] | data[9] << 8, EDDY_USB_VENDOR);
    assert_int_equal(data[10] | data[11] << 8, EDDY_USB_PRODUCT);
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 8, data), 8);
    assert_int_equal(ask(0x80, 6, 0x0200, 0, 255, data), 32);
    assert_int_equal(data[2] | data[3] << 8, 32);
    assert_int_equal(ask(0x80, 6, 0x0200, 0, 9, data), 9);
    assert_int_equal(ask(0x80, 6, 0x0300, 0, 255, data), 4);
    static const char *const strings[] = {EDDY_USB_MANUFACTURER, EDDY_USB_PRODUCT_NAME, "1234ABCD"};
    for (uint16_t s = 0; s < 3; s++) {
        const size_t length = strlen(strings[s]);
        assert_int_equal(ask(0x80, 6, (uint16_t)(0x0301 + s), 0x0409, 255, data), 2 + 2 * length);
        for (size_t i = 0; i < length; i++)
            assert_int_equal(data[2 + 2 * i] | data[3 + 2 * i] << 8, strings[s][i]);
    }
    assert_int_equal(ask(0x80, 6, 0x0304, 0x0409, 255, data), -EPIPE);
    assert_int_equal(ask(0x80, 6, 0x0600, 0, 10, data), -EPIPE); /* device qualifier */
    assert_int_equal(ask(0x80, 6, 0x0201, 0, 9, data), -EPIPE);
}

static void test_standard_requests(void **state)
{
    uint8_t data[8] = {0};
    (void)state;
    assert_int_equal(ask(0x80, 0, 0, 0, 2, data), 2);
    assert_int_equal(data[0] | data[1] << 8, 0);
    assert_int_equal(ask(0x81, 0, 0, 0, 2, data), 2);
    assert_int_equal(ask(0x81, 0, 0, 1, 2, data), -EPIPE);
    assert_int_equal(ask(0x82, 0, 0, 0x81, 2, data), 2);
    assert_int_equal(ask(0x82, 0, 0, 0x82, 2, data), -EPIPE);
    assert_int_equal(ask(0x80, 8, 0, 0, 1, data), 1);
    assert_int_equal(data[0], 1);
    assert_int_equal(ask(0x81, 10, 0, 0, 1, data), 1);
    assert_int_equal(data[0], 0);
    assert_int_equal(ask(0x01, 11, 0, 0, 0, NULL), 0);
    assert_int_equal(ask(0x01, 11, 1, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x00, 1, 1, 0, 0, NULL), -EPIPE); /* no remote wake-up */
    assert_int_equal(ask(0x00, 3, 2, 0, 0, NULL), -EPIPE); /* no test mode */
    assert_int_equal(ask(0x00, 7, 0x0100, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x82, 12, 0, 0x81, 2, data), -EPIPE);
    assert_int_equal(ask(0x00, 9, 2, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x40, 0x55, 0, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x00, 9, 0, 0, 0, NULL), 0);
    assert_int_equal(ask(0x80, 8, 0, 0, 1, data), 1);
    assert_int_equal(data[0], 0);
    assert_int_equal(ask(0x81, 0, 0, 0, 2, data), -EPIPE);
    bool toggle = false;
    assert_int_equal(usbdev_in(&dev, IN_EP, &toggle, data, 8),
                     -EILSEQ); /* not configured: silent */
    assert_int_equal(ask(0x00, 9, 1, 0, 0, NULL), 0);
    dev.toggles[OUT_EP] = dev.toggles[IN_EP + 16] = false;
    works(7);
}

static void test_unknown_out_data_is_stalled(void **state)
{
    uint8_t data[8] = {1, 2, 3};
    (void)state;
    assert_int_equal(ask(0x40, EDDY_USB_REQUEST_RESET, 0, 0, 8, data), -EPIPE);
    works(1);
}

static void test_identity(void **state)
{
    uint8_t data[64];
    (void)state;
    assert_int_equal(ask(0xc0, EDDY_USB_REQUEST_ID, 0, 0, 64, data), EDDY_USB_ID_BYTES);
    assert_memory_equal(data, "EDDY", 4);
    assert_int_equal(ask(0xc0, EDDY_USB_REQUEST_ID, 0, 0, 4, data), 4);
}

static void test_halt(void **state)
{
    uint8_t bytes[64], data[2];
    (void)state;
    query(bytes, 1);
    assert_int_equal(ask(0x02, 3, 0, EDDY_USB_ENDPOINT_OUT, 0, NULL), 0);
    assert_int_equal(ask(0x82, 0, 0, EDDY_USB_ENDPOINT_OUT, 2, data), 2);
    assert_int_equal(data[0], 1);
    assert_int_equal(out(bytes, HEADER_BYTES), -EPIPE);
    assert_int_equal(usbdev_clear_halt(&dev, EDDY_USB_ENDPOINT_OUT), 0);
    send_query(2);
    assert_int_equal(ask(0x02, 3, 0, EDDY_USB_ENDPOINT_IN, 0, NULL), 0);
    assert_int_equal(usbdev_in(&dev, IN_EP, in_toggle(), bytes, 64), -EPIPE);
    assert_int_equal(usbdev_clear_halt(&dev, EDDY_USB_ENDPOINT_IN), 0);
    read_answer(2);
    works(3);
}

/* ---- bulk ---- */

static void test_bulk(void **state)
{
    (void)state;
    for (uint16_t n = 0; n < 20; n++)
        works(n);
}

static void test_packets_of_every_length(void **state)
{
    uint8_t bytes[20 * HEADER_BYTES];
    (void)state;
    for (size_t length = 1; length <= EDDY_USB_PACKET_BYTES; length++) {
        const size_t queries = 1 + length / HEADER_BYTES;
        for (size_t q = 0; q < queries; q++)
            query(bytes + q * HEADER_BYTES, (uint16_t)q);
        assert_int_equal(out(bytes, 0), 0);
        for (size_t sent = 0; sent < queries * HEADER_BYTES;) {
            const size_t left = queries * HEADER_BYTES - sent;
            const int result = out(bytes + sent, left < length ? left : length);
            assert_true(result > 0);
            sent += (size_t)result;
        }
        uint8_t answer[EDDY_USB_PACKET_BYTES];
        size_t received = 0;
        while (received < queries * ANSWER_BYTES) {
            const int result = usbdev_in(&dev, IN_EP, in_toggle(), answer, sizeof answer);
            assert_true(result == -EAGAIN || result >= 0);
            assert_true(result < 0 || result % 2 == 0);
            received += result > 0 ? (size_t)result : 0;
        }
        assert_int_equal(received, queries * ANSWER_BYTES);
    }
}

/* A full packet does not end the host's transfer: with nothing behind it, an empty one follows. */
static void test_full_packet_is_followed(void **state)
{
    const size_t queries = EDDY_USB_PACKET_BYTES / 2; /* whose answers are full packets */
    uint8_t answer[EDDY_USB_PACKET_BYTES];
    size_t received = 0, full = 0;
    int result = 0;
    (void)state;
    for (size_t q = 0; q < queries; q++)
        send_query((uint16_t)q);
    while (received < queries * ANSWER_BYTES || result != -EAGAIN) {
        const int before = result;
        result = usbdev_in(&dev, IN_EP, in_toggle(), answer, sizeof answer);
        assert_true(result >= 0 || before != (int)sizeof answer);
        received += result > 0 ? (size_t)result : 0;
        full += result == (int)sizeof answer;
    }
    assert_int_equal(received, queries * ANSWER_BYTES);
    assert_true(full > 0);
}

/* Commands that are not taken away: the board says NAK and loses nothing. */
static void test_full_queues(void **state)
{
    uint8_t bytes[HEADER_BYTES], answers[64 * ANSWER_BYTES];
    size_t sent = 0, n = 0;
    (void)state;
    for (int naks = 0; naks < 50 && sent < 60;) {
        query(bytes, (uint16_t)sent);
        const int result = usbdev_out(&dev, PID_OUT, OUT_EP, out_toggle(), bytes, sizeof bytes);
        assert_true(result == -EAGAIN || result == HEADER_BYTES);
        naks += result == -EAGAIN;
        sent += result == HEADER_BYTES;
    }
    assert_in_range(sent, 20, 59);
    while (n < sent * ANSWER_BYTES) {
        const int result = usbdev_in(&dev, IN_EP, in_toggle(), answers + n, sizeof answers - n);
        assert_true(result >= 0 || result == -EAGAIN);
        n += result > 0 ? (size_t)result : 0;
    }
    for (size_t q = 0; q < sent; q++)
        assert_true(is_answer(answers + q * ANSWER_BYTES, (uint16_t)q));
}

/* ---- what goes wrong with packets ---- */

static void test_turnaround(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    query(bytes, 5);
    assert_int_equal(out(bytes, sizeof bytes), sizeof bytes);
    /* USB 2.0, 7.1.18: at least 2 bit times; at most 7.5 with the cable. The send ends with a bit of J. */
    assert_in_range(dev.bus.turnaround_clocks + 4, 8, 30);
    read_answer(5);
}

/* Every single bit of an OUT transaction turned: the packet is refused or ignored, and the retry counts once. */
static void test_turned_bits_out(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    for (int bit = 0; bit < 8 + 8 + 16 + 8 * HEADER_BYTES; bit++) {
        query(bytes, (uint16_t)bit);
        bool toggle = *out_toggle();
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        dev.bus.flip_bit = bit;
        bus_data(&dev.bus, toggle ? PID_DATA1 : PID_DATA0, bytes, sizeof bytes);
        uint8_t answer[BUS_PACKET_BYTES];
        const int length = bus_receive(&dev.bus, answer);
        const bool taken = length == 1 && (answer[0] & 0xf) == PID_ACK;
        /* Only a bit of SYNC may be wrong in a good packet. */
        assert_true(length == BUS_SILENT || (taken && bit < 4));
        bus_hold(&dev.bus, LINE_J, 30);
        if (taken)
            *out_toggle() = !toggle;
        else
            assert_int_equal(out(bytes, sizeof bytes), sizeof bytes);
        read_answer((uint16_t)bit);
    }
}

static void test_turned_bits_in_tokens(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    for (int bit = 4; bit < 32; bit++) {
        query(bytes, (uint16_t)bit);
        dev.bus.flip_bit = bit;
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        bus_data(&dev.bus, *out_toggle() ? PID_DATA1 : PID_DATA0, bytes, sizeof bytes);
        uint8_t answer[BUS_PACKET_BYTES];
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
        bus_hold(&dev.bus, LINE_J, 30);
        works((uint16_t)(100 + bit));
    }
}

static void test_lost_acknowledgement_of_out(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    query(bytes, 9);
    bool toggle = *out_toggle();
    assert_int_equal(usbdev_out(&dev, PID_OUT, OUT_EP, &toggle, bytes, sizeof bytes), sizeof bytes);
    /* The host did not hear it, and sends the same again. */
    assert_int_equal(out(bytes, sizeof bytes), sizeof bytes);
    read_answer(9);
    works(10);
}

/* Taken for a repetition: acknowledged, and not handed on. */
static void test_wrong_toggle(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    for (uint16_t n = 0; n < 20; n++) {
        bool wrong = !*out_toggle();
        query(bytes, 99);
        assert_int_equal(usbdev_out(&dev, PID_OUT, OUT_EP, &wrong, bytes, sizeof bytes),
                         sizeof bytes);
        works(n);
    }
}

static void test_lost_acknowledgement_of_in(void **state)
{
    (void)state;
    for (int lost = 1; lost < 4; lost++) {
        uint8_t packet[BUS_PACKET_BYTES], first[BUS_PACKET_BYTES];
        int length, first_length = 0;
        send_query(21);
        for (int n = 0; n < lost; n++) {
            do {
                bus_token(&dev.bus, PID_IN, ADDRESS, IN_EP);
                length = bus_receive(&dev.bus, packet);
                bus_hold(&dev.bus, LINE_J, 40);
            } while (length == 1);
            assert_true(bus_data_good(packet, length));
            if (n == 0) {
                memcpy(first, packet, sizeof first);
                first_length = length;
            }
            /* The same packet each time, though more is ready by now. */
            assert_int_equal(length, first_length);
            assert_memory_equal(packet, first, (size_t)length);
        }
        read_answer(21);
        works(22);
    }
}

/* An acknowledgement that comes too late belongs to nobody. */
static void test_late_acknowledgement(void **state)
{
    uint8_t packet[BUS_PACKET_BYTES];
    (void)state;
    send_query(33);
    do {
        bus_hold(&dev.bus, LINE_J, 40);
        bus_token(&dev.bus, PID_IN, ADDRESS, IN_EP);
    } while (bus_receive(&dev.bus, packet) == 1);
    bus_hold(&dev.bus, LINE_J, 60);
    bus_handshake(&dev.bus, PID_ACK);
    read_answer(33);
}

static void test_babble(void **state)
{
    uint8_t bytes[BUS_PACKET_BYTES] = {0}, answer[BUS_PACKET_BYTES];
    (void)state;
    for (size_t length = EDDY_USB_PACKET_BYTES + 1; length < 120; length += 9) {
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        bus_data(&dev.bus, *out_toggle() ? PID_DATA1 : PID_DATA0, bytes, length);
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
        works((uint16_t)length);
    }
}

static void test_packets_for_others(void **state)
{
    uint8_t bytes[HEADER_BYTES], answer[BUS_PACKET_BYTES];
    (void)state;
    query(bytes, 1);
    for (unsigned address = 0; address < 128; address++) {
        if (address == ADDRESS)
            continue;
        bus_token(&dev.bus, PID_OUT, address, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        bus_data(&dev.bus, PID_DATA0, bytes, sizeof bytes);
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
    }
    for (unsigned endpoint = 2; endpoint < 16; endpoint++) {
        bus_token(&dev.bus, PID_IN, ADDRESS, endpoint);
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
    }
    works(2);
}

/* A packet cut off after any bit, by the idle line or by SE0: nothing of it counts. */
static void test_cut_off(void **state)
{
    uint8_t bytes[1 + HEADER_BYTES + 2], lines[16 + 12 * sizeof bytes], answer[BUS_PACKET_BYTES];
    (void)state;
    for (size_t cut = 1; cut < 130; cut += 3) {
        query(bytes + 1, (uint16_t)cut);
        bytes[0] = *out_toggle() ? 0x4b : 0xc3;
        const size_t n = bus_encode(bytes, sizeof bytes, lines);
        assert_true(cut < n);
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        bus_send_lines(&dev.bus, lines, cut);
        if (cut % 2)
            bus_hold(&dev.bus, LINE_SE0, 2);
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
        works((uint16_t)cut);
    }
}

/* Seven ones in a row. */
static void test_stuffing_errors(void **state)
{
    uint8_t bytes[1 + HEADER_BYTES + 2], lines[16 + 12 * sizeof bytes], answer[BUS_PACKET_BYTES];
    (void)state;
    for (size_t from = 10; from < 100; from += 5) {
        query(bytes + 1, 1);
        bytes[0] = *out_toggle() ? 0x4b : 0xc3;
        const size_t n = bus_encode(bytes, sizeof bytes, lines);
        for (size_t i = from; i < from + 8; i++)
            lines[i] = lines[from - 1];
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        bus_send_lines(&dev.bus, lines, n);
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
        works((uint16_t)from);
    }
}

static void test_clock_tolerance(void **state)
{
    (void)state;
    for (int ppm = -2500; ppm <= 2500; ppm += 500) {
        dev.bus.clocks_per_bit = 4 * (1 + ppm * 1e-6);
        for (uint16_t n = 0; n < 10; n++)
            works(n);
    }
}

/* ---- reset, suspend ---- */

static void test_reset_at_any_moment(void **state)
{
    uint8_t bytes[1 + HEADER_BYTES + 2], lines[16 + 12 * sizeof bytes];
    (void)state;
    for (size_t moment = 0; moment < 150; moment += 7) {
        query(bytes + 1, 1);
        bytes[0] = *out_toggle() ? 0x4b : 0xc3;
        const size_t n = bus_encode(bytes, sizeof bytes, lines);
        if (moment % 2)
            send_query(77); /* an answer that must not survive */
        bus_token(&dev.bus, moment % 3 ? PID_OUT : PID_IN, ADDRESS, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        bus_send_lines(&dev.bus, lines, moment < n ? moment : n);
        assert_int_equal(usbdev_reset(&dev), 0);
        works((uint16_t)moment);
    }
}

static void test_short_se0_is_no_reset(void **state)
{
    (void)state;
    bus_hold(&dev.bus, LINE_J, 200);
    bus_hold(&dev.bus, LINE_SE0, 20);
    bus_hold(&dev.bus, LINE_J, 10);
    works(1);
}

/* 3 ms of silence, then 200 us of resume. */
static void suspend_and_resume(void)
{
    bus_hold(&dev.bus, LINE_J, 3 * BUS_FRAME_BITS - 400);
    assert_false(board_suspended(board));
    bus_hold(&dev.bus, LINE_J, 1600);
    assert_true(board_suspended(board));
    bus_hold(&dev.bus, LINE_K, 2400);
    bus_hold(&dev.bus, LINE_SE0, 16);
    bus_hold(&dev.bus, LINE_J, 12);
    assert_false(board_suspended(board));
}

static void test_suspend(void **state)
{
    (void)state;
    send_query(3);
    suspend_and_resume();
    read_answer(3);
    works(4);
}

/* In the middle of a packet to the board, and of one from it. */
static void test_suspend_at_any_moment(void **state)
{
    uint8_t bytes[1 + HEADER_BYTES + 2], lines[16 + 12 * sizeof bytes];
    (void)state;
    query(bytes + 1, 1);
    const size_t n = bus_encode(bytes, sizeof bytes, lines);
    for (size_t moment = 0; moment < n - 3; moment += 7) {
        bytes[0] = *out_toggle() ? 0x4b : 0xc3;
        bus_encode(bytes, sizeof bytes, lines);
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        bus_hold(&dev.bus, LINE_J, 3);
        bus_send_lines(&dev.bus, lines, moment);
        suspend_and_resume();
        send_query((uint16_t)moment);
        bus_token(&dev.bus, PID_IN, ADDRESS, IN_EP);
        suspend_and_resume();
        read_answer((uint16_t)moment);
    }
}

/* EDDY_USB_REQUEST_RESET: half a command and a whole answer are gone. */
static void test_engine_reset(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    for (size_t cut = 1; cut < HEADER_BYTES; cut++) {
        query(bytes, 1);
        send_query(1);
        assert_int_equal(out(bytes, cut), cut);
        assert_int_equal(ask(0x40, EDDY_USB_REQUEST_RESET, 0, 0, 0, NULL), 0);
        assert_int_equal(usbdev_clear_halt(&dev, EDDY_USB_ENDPOINT_OUT), 0);
        assert_int_equal(usbdev_clear_halt(&dev, EDDY_USB_ENDPOINT_IN), 0);
        works((uint16_t)cut);
    }
}

/* Single bits lost at random, everywhere: what the host sees as done is done, once. */
static void test_noise(void **state)
{
    (void)state;
    dev.bus.fault_one_in = 9;
    dev.bus.fault_state = 42;
    for (uint16_t n = 0; n < 300; n++) {
        uint8_t bytes[HEADER_BYTES];
        int result;
        query(bytes, n);
        while ((result = out(bytes, sizeof bytes)) == -EILSEQ)
            ;
        assert_int_equal(result, sizeof bytes);
        read_answer(n);
    }
    assert_true(dev.bus.faults > 100);
}

#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, plug, unplug)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WIRE_TEST(test_descriptors),
        WIRE_TEST(test_standard_requests),
        WIRE_TEST(test_unknown_out_data_is_stalled),
        WIRE_TEST(test_identity),
        WIRE_TEST(test_halt),
        WIRE_TEST(test_bulk),
        WIRE_TEST(test_packets_of_every_length),
        WIRE_TEST(test_full_packet_is_followed),
        WIRE_TEST(test_full_queues),
        WIRE_TEST(test_turnaround),
        WIRE_TEST(test_turned_bits_out),
        WIRE_TEST(test_turned_bits_in_tokens),
        WIRE_TEST(test_lost_acknowledgement_of_out),
        WIRE_TEST(test_wrong_toggle),
        WIRE_TEST(test_lost_acknowledgement_of_in),
        WIRE_TEST(test_late_acknowledgement),
        WIRE_TEST(test_babble),
        WIRE_TEST(test_packets_for_others),
        WIRE_TEST(test_cut_off),
        WIRE_TEST(test_stuffing_errors),
        WIRE_TEST(test_clock_tolerance),
        WIRE_TEST(test_reset_at_any_moment),
        WIRE_TEST(test_short_se0_is_no_reset),
        WIRE_TEST(test_suspend),
        WIRE_TEST(test_suspend_at_any_moment),
        WIRE_TEST(test_engine_reset),
        WIRE_TEST(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
