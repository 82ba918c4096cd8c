/* test_line.c -- the line states themselves: stuffing, clocks, packets that are cut, reset, suspend, noise. */
#include "wires.h"

/* A packet cut off after any bit, by the idle line or by SE0: nothing of it counts. */
static void test_cut_off(void **state)
{
    uint8_t lines[BUS_PACKET_LINES];
    (void)state;
    for (size_t cut = 1; cut < query_lines((uint16_t)cut, lines) - 3; cut++) {
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        bus_send_lines(&dev.bus, lines, cut);
        if (cut % 2)
            bus_hold(&dev.bus, LINE_SE0, 2);
        assert_int_equal(answer(), BUS_SILENT);
        works((uint16_t)cut);
    }
}

/* The data of a token are the packet behind it: when that is cut off, the next one is nobody's. */
static void test_data_after_cut_off(void **state)
{
    uint8_t lines[BUS_PACKET_LINES];
    (void)state;
    for (size_t cut = 20; cut < 140; cut += 5) {
        const size_t n = query_lines((uint16_t)cut, lines);
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        bus_send_lines(&dev.bus, lines, cut);
        pause_bits(20);
        bus_send_lines(&dev.bus, lines, n);
        assert_int_equal(answer(), BUS_SILENT);
        works((uint16_t)cut);
    }
}

/* Whether the line state `at` is a stuffed bit: behind seven alike. */
static bool is_stuffed(const uint8_t *lines, size_t at)
{
    unsigned same = 1;
    while (same < 7 && lines[at - 1 - same] == lines[at - 1])
        same++;
    return same == 7 && lines[at] != lines[at - 1];
}

/* Every stuffed bit of a query in turn is a one: the packet is refused though its bits are right without it. Returns how many. */
static size_t spoil_stuffing(uint16_t sequence)
{
    uint8_t lines[BUS_PACKET_LINES];
    size_t n_stuffed = 0;
    for (size_t at = 8; at < query_lines(sequence, lines) - 3; at++) {
        const size_t n = query_lines(sequence, lines);
        if (!is_stuffed(lines, at))
            continue;
        for (size_t i = at; i < n - 3; i++)
            lines[i] ^= LINE_DP | LINE_DM;
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        bus_send_lines(&dev.bus, lines, n);
        assert_int_equal(answer(), BUS_SILENT);
        works((uint16_t)n_stuffed++);
    }
    return n_stuffed;
}

static void test_stuffing_errors(void **state)
{
    uint8_t lines[BUS_PACKET_LINES];
    uint16_t last = 0;
    (void)state;
    assert_true(spoil_stuffing(0xffff) > 2);
    /* In the last place, where all bits have come already. */
    size_t n = query_lines(last, lines);
    while (!is_stuffed(lines, n - 4))
        n = query_lines(++last, lines);
    assert_true(spoil_stuffing(last) > 0);
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
    uint8_t lines[BUS_PACKET_LINES];
    (void)state;
    for (size_t moment = 0; moment < 150; moment += 7) {
        const size_t n = query_lines(1, lines);
        if (moment % 2)
            send_query(77); /* an answer that must not survive */
        bus_token(&dev.bus, moment % 3 ? PID_OUT : PID_IN, ADDRESS, OUT_EP);
        pause_bits(3);
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
    uint8_t lines[BUS_PACKET_LINES];
    (void)state;
    const size_t n = query_lines(1, lines);
    for (size_t moment = 0; moment < n - 3; moment += 11) {
        query_lines(1, lines);
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
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

/* ---- edges ---- */

/* At both ends of the clock's tolerance, every edge is off by up to 9.2 ns, so that the time between two is by up to 18.5, which a
 * receiver must stand (USB 2.0, 7.1.15). A clock has 20.8 ns. */
static void test_jitter(void **state)
{
    (void)state;
    dev.bus.jitter_clocks = 0.44;
    for (int ppm = -2500; ppm <= 2500; ppm += 2500) {
        dev.bus.clocks_per_bit = 4 * (1 + ppm * 1e-6);
        for (uint16_t n = 0; n < 60; n++)
            works(n);
    }
    assert_int_equal(dev.retries, 0);
}

/* D+ and D- do not change in the same sample: between J and K there is one of SE0 or SE1. */
static void test_skew(void **state)
{
    (void)state;
    for (dev.bus.late_lines = LINE_DP; dev.bus.late_lines <= LINE_DM; dev.bus.late_lines++)
        for (uint16_t n = 0; n < 60; n++)
            works(n);
    assert_int_equal(dev.retries, 0);
}

/* ---- the ends of packets ---- */

/* A query whose packet ends in `change`d line states: whether the board took it or not, it arrives once. */
static int end_otherwise(uint16_t sequence, const uint8_t *end, size_t n_end, size_t n_cut)
{
    uint8_t lines[BUS_PACKET_LINES];
    const size_t n = query_lines(sequence, lines) - n_cut;
    memcpy(lines + n, end, n_end);
    bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
    pause_bits(3);
    bus_send_lines(&dev.bus, lines, n + n_end);
    const int pid = answer();
    pause_bits(30);
    if (pid == PID_ACK)
        *out_toggle() = !*out_toggle();
    else
        send_query(sequence);
    read_answer(sequence);
    return pid;
}

static void test_ends_of_packets(void **state)
{
    uint8_t end[32] = {0};
    (void)state;
    /* SE0 of one bit to almost a reset. */
    for (size_t length = 1; length < 28; length++) {
        end[length] = LINE_J;
        const int pid = end_otherwise((uint16_t)length, end, length + 1, 3);
        assert_true(pid == PID_ACK || length != 2);
        end[length] = LINE_SE0;
    }
    /* None: the line falls back to J, or stays. */
    for (uint8_t line = LINE_J; line <= LINE_K; line++) {
        memset(end, line, sizeof end);
        assert_int_equal(end_otherwise(line, end, sizeof end, 3), BUS_SILENT);
    }
    /* K after it in place of J. */
    const uint8_t wrong[] = {LINE_SE0, LINE_SE0, LINE_K, LINE_K};
    end_otherwise(50, wrong, sizeof wrong, 3);
    works(51);
}

/* A hub may add a bit before EOP, the state of the last one or its opposite. */
static void test_dribble(void **state)
{
    (void)state;
    for (uint16_t n = 0; n < 20; n++) {
        uint8_t lines[BUS_PACKET_LINES];
        const size_t length = query_lines(n, lines) - 3;
        const uint8_t end[] = {lines[length - 1], LINE_SE0, LINE_SE0, LINE_J};
        assert_int_equal(end_otherwise(n, end, sizeof end, 3), PID_ACK);
    }
}

/* A packet without end, longer than a frame. */
static void test_endless_packet(void **state)
{
    uint8_t bytes[BUS_PACKET_BYTES], lines[BUS_PACKET_LINES];
    (void)state;
    for (int pattern = 0; pattern < 4; pattern++) {
        static const uint8_t fill[] = {0x00, 0xff, 0x55, 0x7e};
        memset(bytes, fill[pattern], sizeof bytes);
        bytes[0] = *out_toggle() ? 0x4b : 0xc3;
        const size_t n = bus_encode(bytes, sizeof bytes, lines) - 3;
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        bus_send_lines(&dev.bus, lines, n);
        for (int repeat = 0; repeat < 12; repeat++)
            bus_send_lines(&dev.bus, lines + 16, n - 16);
        bus_hold(&dev.bus, LINE_SE0, 2);
        assert_int_equal(answer(), BUS_SILENT);
        works((uint16_t)pattern);
    }
}

/* ---- what is no packet ---- */

/* Random line states: K, J, SE0 of less than a reset, SE1. Nobody hears a packet in them. */
static void test_garbage(void **state)
{
    uint64_t random = 11;
    (void)state;
    for (uint16_t n = 0; n < 200; n++) {
        send_query(n);
        if (n % 2)
            bus_token(&dev.bus, n % 4 == 1 ? PID_OUT : PID_IN, ADDRESS, OUT_EP);
        for (unsigned bits = bus_random(&random) % 150; bits > 0; bits--)
            bus_hold(
                &dev.bus,
                bus_random(&random) % 8 ? 1 + bus_random(&random) % 2 : bus_random(&random) % 4, 1);
        pause_bits(30);
        read_answer(n);
    }
}

/* PRE, and a token for this address at low speed, eight times as slow: not for a full-speed device. */
static void test_low_speed_traffic(void **state)
{
    uint8_t token[3], lines[BUS_PACKET_LINES], pre = 0x3c;
    (void)state;
    for (uint16_t n = 0; n < 10; n++) {
        bus_token_bytes(n % 2 ? PID_IN : PID_OUT, ADDRESS | OUT_EP << 7, token);
        send_query(n);
        size_t length = bus_encode(&pre, 1, lines) - 3;
        bus_send_lines(&dev.bus, lines, length);
        pause_bits(4);
        length = bus_encode(token, sizeof token, lines);
        for (size_t i = 0; i < length; i++)
            bus_hold(&dev.bus, lines[i], 8);
        assert_int_equal(answer(), BUS_SILENT);
        read_answer(n);
    }
}

/* ---- reset and suspend in the middle of what the board does ---- */

/* Begins something: a bulk packet that comes in, one that goes out, a control transfer. */
static void begin_something(int kind)
{
    static const uint8_t get_device[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
    uint8_t lines[BUS_PACKET_LINES];
    switch (kind) {
    case 0:
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        bus_send_lines(&dev.bus, lines, query_lines(1, lines) - 3);
        break;
    case 1: /* the board's answer begins in a few bits */
        send_query(1);
        pause_bits(300);
        bus_token(&dev.bus, PID_IN, ADDRESS, IN_EP);
        break;
    case 2: /* of the request, the acknowledgement */
        bus_token(&dev.bus, PID_SETUP, ADDRESS, 0);
        pause_bits(3);
        bus_data(&dev.bus, PID_DATA0, get_device, 8);
        break;
    default: /* of the data stage */
        assert_int_equal(say_data(PID_SETUP, 0, PID_DATA0, get_device, 8), PID_ACK);
        pause_bits(30);
        bus_token(&dev.bus, PID_IN, ADDRESS, 0);
    }
}
enum { SOMETHINGS = 4 };

/* After a reset: address and configuration, and a query. */
static void enumerate_again(uint16_t sequence)
{
    uint8_t data[18];
    assert_int_equal(say_token(PID_IN, 0), BUS_SILENT); /* the old address */
    dev.address = 0;
    assert_int_equal(ask(0x00, 5, ADDRESS, 0, 0, NULL), 0);
    dev.address = ADDRESS;
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 18, data), 18);
    assert_int_equal(ask(0x00, 9, 1, 0, 0, NULL), 0);
    reset_toggles();
    works(sequence);
}

/* SE0 from less than a reset to more than one, two in a row: it is one or it is none, and 2.5 us are the border. */
static void test_resets_of_every_length(void **state)
{
    (void)state;
    for (unsigned bits = 24; bits < 44; bits++) {
        send_query((uint16_t)bits); /* whose answer a reset takes away */
        pause_bits(300);
        for (int n = 0; n < 2; n++) {
            bus_hold(&dev.bus, LINE_SE0, bits);
            pause_bits(4);
        }
        assert_true(board_configured(board) ? bits < 34 : bits >= 30);
        if (board_configured(board))
            read_answer((uint16_t)bits);
        else
            enumerate_again((uint16_t)bits);
    }
}

static void test_reset_in_the_middle(void **state)
{
    (void)state;
    for (int kind = 0; kind < SOMETHINGS; kind++) {
        for (unsigned bits = 0; bits < 260; bits += 5) {
            begin_something(kind);
            bus_hold(&dev.bus, kind == 0 && bits % 2 ? LINE_K : LINE_J, bits);
            bus_hold(&dev.bus, LINE_SE0, 700); /* longer than what the board may be sending */
            bus_hold(&dev.bus, LINE_J, 100);
            assert_false(board_configured(board));
            enumerate_again((uint16_t)bits);
        }
    }
}

static void test_suspend_in_the_middle(void **state)
{
    uint8_t data[18];
    (void)state;
    for (int kind = 1; kind < SOMETHINGS; kind++) {
        for (unsigned bits = 0; bits < 3; bits++) {
            begin_something(kind);
            pause_bits(bits * 90);
            suspend_and_resume();
            assert_int_equal(ask(0x80, 6, 0x0100, 0, 18, data), 18);
            if (kind == 1)
                read_answer(1);
            works(2);
        }
    }
}

/* A reset wakes up, too. */
static void test_reset_while_suspended(void **state)
{
    (void)state;
    pause_bits(4 * BUS_FRAME_BITS);
    assert_true(board_suspended(board));
    assert_int_equal(usbdev_reset(&dev), 0);
    works(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WIRE_TEST(test_cut_off),
        WIRE_TEST(test_data_after_cut_off),
        WIRE_TEST(test_stuffing_errors),
        WIRE_TEST(test_clock_tolerance),
        WIRE_TEST(test_reset_at_any_moment),
        WIRE_TEST(test_short_se0_is_no_reset),
        WIRE_TEST(test_suspend),
        WIRE_TEST(test_suspend_at_any_moment),
        WIRE_TEST(test_engine_reset),
        WIRE_TEST(test_noise),
        WIRE_TEST(test_jitter),
        WIRE_TEST(test_skew),
        WIRE_TEST(test_ends_of_packets),
        WIRE_TEST(test_dribble),
        WIRE_TEST(test_endless_packet),
        WIRE_TEST(test_garbage),
        WIRE_TEST(test_low_speed_traffic),
        WIRE_TEST(test_resets_of_every_length),
        WIRE_TEST(test_reset_in_the_middle),
        WIRE_TEST(test_suspend_in_the_middle),
        WIRE_TEST(test_reset_while_suspended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
