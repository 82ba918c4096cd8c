/* test_transactions.c -- the board's bulk endpoints on its two wires: tokens, data and handshakes that are lost, broken, doubled or
 * not for it. */
#include "wires.h"

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
        pause_bits(3);
        dev.bus.flip_bit = bit;
        bus_data(&dev.bus, toggle ? PID_DATA1 : PID_DATA0, bytes, sizeof bytes);
        uint8_t answer[BUS_PACKET_BYTES];
        const int length = bus_receive(&dev.bus, answer);
        const bool taken = length == 1 && (answer[0] & 0xf) == PID_ACK;
        /* Only a bit of SYNC may be wrong in a good packet. */
        assert_true(length == BUS_SILENT || (taken && bit < 4));
        pause_bits(30);
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
        pause_bits(3);
        bus_data(&dev.bus, *out_toggle() ? PID_DATA1 : PID_DATA0, bytes, sizeof bytes);
        uint8_t answer[BUS_PACKET_BYTES];
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
        pause_bits(30);
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
                pause_bits(40);
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
        pause_bits(40);
        bus_token(&dev.bus, PID_IN, ADDRESS, IN_EP);
    } while (bus_receive(&dev.bus, packet) == 1);
    pause_bits(60);
    bus_handshake(&dev.bus, PID_ACK);
    read_answer(33);
}

static void test_babble(void **state)
{
    uint8_t bytes[BUS_PACKET_BYTES] = {0}, answer[BUS_PACKET_BYTES];
    (void)state;
    for (size_t length = EDDY_USB_PACKET_BYTES + 1; length < 120; length += 9) {
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
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
        pause_bits(3);
        bus_data(&dev.bus, PID_DATA0, bytes, sizeof bytes);
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
    }
    for (unsigned endpoint = 2; endpoint < 16; endpoint++) {
        bus_token(&dev.bus, PID_IN, ADDRESS, endpoint);
        assert_int_equal(bus_receive(&dev.bus, answer), BUS_SILENT);
    }
    works(2);
}

/* ---- transactions that are interrupted, or not of this bus ---- */

/* What the host may send in place of what the board waits for. */
static void interrupt(int kind)
{
    static const uint8_t setup[8] = {0x80, 0, 0, 0, 0, 0, 2, 0};
    switch (kind) {
    case 0: bus_sof(&dev.bus, 5); break;
    case 1: bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP); break;
    case 2: assert_int_equal(say_data(PID_SETUP, 0, PID_DATA0, setup, 8), PID_ACK); break;
    case 3: bus_token(&dev.bus, PID_OUT, ADDRESS + 1, OUT_EP); break;
    case 4: bus_handshake(&dev.bus, PID_NAK); break;
    case 5: bus_handshake(&dev.bus, PID_STALL); break;
    case 6: pause_bits(40); break;
    default:
        dev.bus.flip_bit = 20;
        bus_sof(&dev.bus, 5);
        break;
    }
    pause_bits(3);
}
enum { INTERRUPTIONS = 8 };

/* Between a token and its data. */
static void test_interrupted_out(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    for (int kind = 0; kind < INTERRUPTIONS; kind++) {
        query(bytes, (uint16_t)kind);
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        interrupt(kind);
        bus_data(&dev.bus, data_pid(*out_toggle()), bytes, sizeof bytes);
        const int pid = answer();
        /* Data that follow an OUT token are taken, all others are nobody's. */
        assert_int_equal(pid, kind == 1 ? PID_ACK : BUS_SILENT);
        if (pid == PID_ACK)
            *out_toggle() = !*out_toggle();
        else
            assert_int_equal(out(bytes, sizeof bytes), sizeof bytes);
        read_answer((uint16_t)kind);
    }
}

/* In place of the acknowledgement: the packet is sent once more. */
static void test_interrupted_in(void **state)
{
    (void)state;
    for (int kind = 0; kind < INTERRUPTIONS; kind++) {
        struct heard first;
        int pid;
        send_query((uint16_t)kind);
        while ((pid = say_token(PID_IN, IN_EP)) == PID_NAK)
            ;
        assert_int_equal(pid, data_pid(*in_toggle()));
        first = heard;
        interrupt(kind);
        assert_int_equal(say_token(PID_IN, IN_EP), pid);
        assert_int_equal(heard.n_bytes, first.n_bytes);
        assert_memory_equal(heard.bytes, first.bytes, (size_t)heard.n_bytes);
        pause_bits(30);
        read_answer((uint16_t)kind);
    }
}

/* An acknowledgement that another endpoint's packet may have been meant by. */
static void test_acknowledgement_of_the_other_endpoint(void **state)
{
    static const uint8_t setup[8] = {0x80, 0, 0, 0, 0, 0, 2, 0};
    (void)state;
    for (uint16_t n = 0; n < 4; n++) {
        send_query(n);
        assert_int_equal(say_data(PID_SETUP, 0, PID_DATA0, setup, 8), PID_ACK);
        int pid;
        while ((pid = say_token(PID_IN, IN_EP)) == PID_NAK)
            ;
        assert_int_equal(pid, data_pid(*in_toggle()));
        while ((pid = say_token(PID_IN, 0)) == PID_NAK)
            ;
        assert_int_equal(pid, PID_DATA1);
        bus_handshake(&dev.bus, PID_ACK);
        pause_bits(3);
        assert_int_equal(say_data(PID_OUT, 0, PID_DATA1, NULL, 0), PID_ACK);
        read_answer(n);
    }
}

/* Every byte in the place of the PID, of a token and of data. */
static void test_every_pid(void **state)
{
    uint8_t token[3], bytes[HEADER_BYTES], lines[BUS_PACKET_LINES], data[BUS_PACKET_BYTES];
    (void)state;
    query(bytes, 1);
    bus_token_bytes(PID_OUT, ADDRESS | OUT_EP << 7, token);
    for (unsigned pid = 0; pid < 256; pid++) {
        const bool good = (pid & 0xf) == (~pid >> 4 & 0xf);
        token[0] = (uint8_t)pid;
        bus_send(&dev.bus, token, sizeof token);
        pause_bits(3);
        if (!good || (pid & 3) != 1)
            assert_int_equal(answer(), BUS_SILENT);
        else
            pause_bits(40);
        bus_send_lines(&dev.bus, lines, query_lines(1, lines));
        assert_int_equal(answer(), BUS_SILENT);
        const size_t length = bus_data_bytes(PID_DATA0, bytes, sizeof bytes, data);
        data[0] = (uint8_t)pid;
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        bus_send(&dev.bus, data, length);
        const int said = answer();
        if (good && (pid & 7) == 3)
            assert_int_equal(said, PID_ACK);
        else if (!good || (pid & 3) != 1) /* without another token */
            assert_int_equal(said, BUS_SILENT);
        if (said == PID_ACK && ((pid & 0xf) == PID_DATA1) == *out_toggle()) {
            *out_toggle() = !*out_toggle();
            read_answer(1);
        }
    }
    works(2);
}

/* A token that is none, and data behind it: nobody's. */
static void ignores_token(const uint8_t *bytes, size_t length)
{
    uint8_t lines[BUS_PACKET_LINES];
    bus_send(&dev.bus, bytes, length);
    pause_bits(3);
    bus_send_lines(&dev.bus, lines, query_lines(1, lines));
    assert_int_equal(answer(), BUS_SILENT);
}

/* Tokens of one to six bytes; among those of four, with every byte before the right two, are some whose CRC is right. */
static void test_tokens_of_every_length(void **state)
{
    uint8_t token[6];
    (void)state;
    bus_token_bytes(PID_OUT, ADDRESS | OUT_EP << 7, token);
    memcpy(token + 3, token, 3);
    for (size_t length = 1; length <= sizeof token; length++) {
        if (length == 3)
            continue;
        ignores_token(token, length);
        works((uint16_t)length);
    }
    memmove(token + 2, token + 1, 2);
    for (unsigned before = 0; before < 256; before++) {
        token[1] = (uint8_t)before;
        ignores_token(token, 4);
    }
    works(7);
}

/* Acknowledgements that are none. */
static void test_bad_acknowledgements(void **state)
{
    static const struct {
        size_t length;
        uint8_t bytes[3];
    } bad[] = {{1, {0xd3}}, {1, {0xd0}}, {2, {0xd2, 0xd2}}, {3, {0xd2, 0, 0}},
               {1, {0x5a}}, {1, {0x1e}}, {1, {0x52}}};
    (void)state;
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        int pid;
        send_query((uint16_t)b);
        while ((pid = say_token(PID_IN, IN_EP)) == PID_NAK)
            ;
        bus_send(&dev.bus, bad[b].bytes, bad[b].length);
        pause_bits(3);
        assert_int_equal(say_token(PID_IN, IN_EP), pid);
        pause_bits(30);
        read_answer((uint16_t)b);
    }
    bus_handshake(&dev.bus, PID_ACK); /* of nothing */
    works(99);
}

/* Data packets too short for a CRC. */
static void test_data_without_crc(void **state)
{
    static const uint8_t bytes[3] = {0xc3, 0, 0};
    (void)state;
    for (size_t length = 1; length <= sizeof bytes; length++) {
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(3);
        bus_send(&dev.bus, bytes, length);
        /* DATA0 and two bytes of zero are an empty packet. */
        const bool empty = length == 3;
        assert_int_equal(answer(), empty ? PID_ACK : BUS_SILENT);
        if (empty)
            *out_toggle() = !*out_toggle();
        works((uint16_t)length);
    }
}

/* An empty packet has a toggle of its own. */
static void test_empty_packets(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    query(bytes, 7);
    for (int n = 0; n < 5; n++) {
        bool again = *out_toggle();
        assert_int_equal(out(bytes, 0), 0);
        assert_int_equal(usbdev_out(&dev, PID_OUT, OUT_EP, &again, bytes, 0), 0);
    }
    works(7);
}

/* The pauses that USB allows: from 2 bits to what a hub may add, between any two packets. */
static void test_pauses(void **state)
{
    static const unsigned gaps[] = {1, 2, 7, 15};
    uint8_t data[18];
    (void)state;
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        dev.gap_bits = gaps[g];
        for (uint16_t n = 0; n < 10; n++) {
            works(n);
            bus_sof(&dev.bus, n);
            pause_bits(dev.gap_bits);
        }
        assert_int_equal(ask(0x80, 6, 0x0100, 0, 18, data), 18);
    }
    assert_int_equal(dev.retries, 0);
}

/* The board does without SOF, and does not count them. */
static void test_lost_sof(void **state)
{
    (void)state;
    for (uint16_t n = 0; n < 20; n++) {
        if (n % 3 == 0)
            bus_sof(&dev.bus, n * 777u);
        if (n % 3 == 1)
            dev.bus.flip_bit = 8 + n;
        if (n % 3 == 1)
            bus_sof(&dev.bus, n);
        pause_bits(n * 500u);
        works(n);
    }
}

/* The host does not wait for the answer, but sends over it. */
static void test_sent_over_the_answer(void **state)
{
    uint8_t bytes[HEADER_BYTES];
    (void)state;
    for (unsigned pause = 0; pause < 60; pause += 3) {
        query(bytes, (uint16_t)pause);
        send_query((uint16_t)pause);
        bus_token(&dev.bus, PID_IN, ADDRESS, IN_EP);
        pause_bits(pause);
        bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
        pause_bits(600);
        read_answer((uint16_t)pause);
        works((uint16_t)pause);
    }
}

static void note_done(struct usbdev_urb *urb)
{
    *(bool *)urb->user = true;
}

/* Nine tenths of the 19 packets that fit into a frame go out, though another transfer waits for what the board does not send. */
static void test_throughput(void **state)
{
    enum { READS = 6, FRAMES = 16 };
    static uint8_t data[FRAMES * 19 * EDDY_USB_PACKET_BYTES], answers[READS][EDDY_USB_PACKET_BYTES];
    static struct usbdev_urb in[READS], weights;
    static bool done, ended[READS];
    uint16_t words[PACKET_HEADER_WORDS];
    uint64_t random = 1;
    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)bus_random(&random);
    packet_write_request(
        &(struct request_header){.opcode = PACKET_WEIGHTS,
                                 .length_words = sizeof data / 2 - PACKET_HEADER_WORDS},
        words);
    memcpy(data, words, sizeof words);
    usbdev_next_frame(&dev);
    const uint64_t begin = dev.bus.bits;
    for (int i = 0; i < READS; i++) {
        in[i] = (struct usbdev_urb){EDDY_USB_ENDPOINT_IN, answers[i], sizeof answers[i],
                                    .done = note_done, .user = &ended[i]};
        assert_int_equal(usbdev_submit(&dev, &in[i]), 0);
    }
    weights = (struct usbdev_urb){EDDY_USB_ENDPOINT_OUT, data, sizeof data, .done = note_done,
                                  .user = &done};
    assert_int_equal(usbdev_submit(&dev, &weights), 0);
    while (!done)
        usbdev_run(&dev);
    assert_false(ended[READS - 1]); /* of the answer there are few packets */
    assert_true(dev.naks > 20);
    assert_true(9 * (dev.bus.bits - begin) <= 10 * FRAMES * BUS_FRAME_BITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        WIRE_TEST(test_interrupted_out),
        WIRE_TEST(test_interrupted_in),
        WIRE_TEST(test_acknowledgement_of_the_other_endpoint),
        WIRE_TEST(test_every_pid),
        WIRE_TEST(test_tokens_of_every_length),
        WIRE_TEST(test_bad_acknowledgements),
        WIRE_TEST(test_data_without_crc),
        WIRE_TEST(test_empty_packets),
        WIRE_TEST(test_pauses),
        WIRE_TEST(test_lost_sof),
        WIRE_TEST(test_sent_over_the_answer),
        WIRE_TEST(test_throughput),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
