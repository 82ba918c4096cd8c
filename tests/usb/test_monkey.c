/* test_monkey.c -- a host that does whatever comes to its mind: packets broken, repeated, not acknowledged, left out, for others, in
 * any order. What it sends and was acknowledged arrives once and in order, and so do the answers.
 *
 *   usb_monkey [SEEDS [FIRST_SEED]]
 */
#include "wires.h"

struct monkey {
    uint64_t random;
    size_t sent, received;                /* bytes of the two streams */
    uint8_t chunk[EDDY_USB_PACKET_BYTES]; /* what is sent next, until it is acknowledged */
    size_t chunk_bytes;
    bool taken;                   /* the board has it, and the host did not hear so */
    uint8_t answer[ANSWER_BYTES]; /* to query 0 */
    size_t ended;                 /* the streams end here: no query is begun any more */
    bool full;                    /* the latest IN packet was */
};

static unsigned draw(struct monkey *m, unsigned n)
{
    return (unsigned)(bus_random(&m->random) % n);
}

static bool chance(struct monkey *m, unsigned one_in)
{
    return draw(m, one_in) == 0;
}

/* Byte i of all queries, one after the other. */
static uint8_t sent_byte(size_t i)
{
    uint8_t bytes[HEADER_BYTES];
    query(bytes, (uint16_t)(i / HEADER_BYTES));
    return bytes[i % HEADER_BYTES];
}

/* Byte i of all answers: that to query 0, but for the sequence number and the check. */
static uint8_t received_byte(const struct monkey *m, size_t i)
{
    const size_t sequence = i / ANSWER_BYTES, word = i % ANSWER_BYTES / 2;
    unsigned value = m->answer[2 * word] | (unsigned)m->answer[2 * word + 1] << 8;
    if (word == 2)
        value += (unsigned)sequence;
    if (word == 7)
        value -= (unsigned)sequence;
    return (uint8_t)(value >> 8 * (i % 2));
}

static void draw_chunk(struct monkey *m)
{
    static const size_t lengths[] = {0, 1, 2, 15, 16, 17, 63, 64};
    size_t length = chance(m, 2) ? lengths[draw(m, 8)] : draw(m, 65);
    if (length > m->ended - m->sent)
        length = m->ended - m->sent;
    for (size_t i = 0; i < length; i++)
        m->chunk[i] = sent_byte(m->sent + i);
    m->chunk_bytes = length;
}

/* Turns a bit of what is sent next, behind SYNC. */
static void spoil(struct monkey *m, size_t n_bytes)
{
    dev.bus.flip_bit = (int)(8 + draw(m, (unsigned)(8 * n_bytes)));
}

/* ---- what it does ---- */

/* How many of the packets of a transaction are right. */
enum spoilt { NOTHING, TOKEN, DATA, HANDSHAKE };

static void send_out(struct monkey *m, enum spoilt spoilt)
{
    const bool toggle = *out_toggle();
    if (spoilt == TOKEN)
        spoil(m, 3);
    bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP);
    pause_bits(1 + draw(m, 12));
    if (spoilt == DATA)
        spoil(m, m->chunk_bytes + 3);
    bus_data(&dev.bus, data_pid(toggle), m->chunk, m->chunk_bytes);
    const int pid = answer();
    if (spoilt == TOKEN || spoilt == DATA) {
        assert_int_equal(pid, BUS_SILENT);
    } else {
        assert_true(pid == PID_ACK || pid == PID_NAK);
        m->taken |= pid == PID_ACK;
        if (pid == PID_NAK || spoilt == HANDSHAKE)
            return;
        m->taken = false;
        *out_toggle() = !toggle;
        m->sent += m->chunk_bytes;
        draw_chunk(m);
    }
}

/* A packet of before once more: its acknowledgement is all that comes of it. */
static void send_old(struct monkey *m)
{
    uint8_t bytes[EDDY_USB_PACKET_BYTES];
    if (m->taken)
        return;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)bus_random(&m->random);
    const int pid =
        say_data(PID_OUT, OUT_EP, data_pid(!*out_toggle()), bytes, draw(m, sizeof bytes + 1));
    assert_true(pid == PID_ACK || pid == PID_NAK);
}

static void check_in(struct monkey *m)
{
    const size_t length = (size_t)heard.n_bytes - 3;
    assert_true(bus_data_good(heard.bytes, heard.n_bytes));
    assert_true(length <= EDDY_USB_PACKET_BYTES && (length > 0 || m->full));
    for (size_t i = 0; i < length; i++)
        assert_int_equal(heard.bytes[1 + i], received_byte(m, m->received + i));
    m->received += length;
    m->full = length == EDDY_USB_PACKET_BYTES;
    *in_toggle() = !*in_toggle();
}

/* HANDSHAKE: the host heard the packet, but the board does not hear that it did. DATA: the host did not hear it. Returns whether
 * there was any. */
static bool read_in(struct monkey *m, enum spoilt spoilt)
{
    if (spoilt == TOKEN)
        spoil(m, 3);
    const int pid = say_token(PID_IN, IN_EP);
    if (spoilt == TOKEN)
        assert_int_equal(pid, BUS_SILENT);
    if (spoilt == TOKEN || pid == PID_NAK)
        return false;
    if (spoilt == DATA)
        return true;
    assert_true(pid == PID_DATA0 || pid == PID_DATA1);
    const bool again = pid != (int)data_pid(*in_toggle());
    if (!again)
        check_in(m);
    if (spoilt == HANDSHAKE && chance(m, 2))
        return true;
    if (spoilt == HANDSHAKE)
        spoil(m, 1);
    bus_handshake(&dev.bus, PID_ACK);
    return true;
}

static void control(struct monkey *m)
{
    static const uint8_t setup[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
    uint8_t data[18];
    const unsigned stage = draw(m, 4);
    if (stage == 3)
        assert_int_equal(ask(0x80, 6, 0x0100, 0, 18, data), 18);
    if (stage < 3)
        assert_int_equal(say_data(PID_SETUP, 0, PID_DATA0, setup, 8), PID_ACK);
    if (stage == 1)
        say_token(PID_IN, 0);
    if (stage == 2)
        assert_int_equal(say_data(PID_OUT, 0, PID_DATA1, NULL, 0), PID_ACK);
}

static void disturb(struct monkey *m)
{
    uint8_t bytes[EDDY_USB_PACKET_BYTES] = {0};
    switch (draw(m, 8)) {
    case 0: bus_sof(&dev.bus, draw(m, 2048)); break;
    case 1: bus_token(&dev.bus, PID_OUT, ADDRESS, OUT_EP); break;
    case 2:
        bus_token(&dev.bus, chance(m, 2) ? PID_IN : PID_OUT, 3 + draw(m, 120), draw(m, 3));
        break;
    case 3: /* without a token, which would make it the host's word */
        pause_bits(40);
        bus_data(&dev.bus, data_pid(chance(m, 2)), bytes, draw(m, 65));
        break;
    case 4: bus_handshake(&dev.bus, chance(m, 2) ? PID_NAK : PID_STALL); break;
    case 5:
        for (unsigned n = draw(m, 40); n > 0; n--)
            bus_hold(&dev.bus, draw(m, 3), 1);
        pause_bits(40);
        break;
    case 6: bus_token(&dev.bus, PID_SETUP, ADDRESS, OUT_EP); break;
    default: pause_bits(draw(m, 400));
    }
    pause_bits(3);
}

static enum spoilt draw_spoilt(struct monkey *m)
{
    return chance(m, 3) ? (enum spoilt)(1 + draw(m, 3)) : NOTHING;
}

static void act(struct monkey *m)
{
    switch (draw(m, 10)) {
    case 0: send_old(m); break;
    case 1: control(m); break;
    case 2:
    case 3: disturb(m); break;
    case 4:
    case 5:
    case 6: send_out(m, draw_spoilt(m)); break;
    default: read_in(m, draw_spoilt(m)); break;
    }
    pause_bits(1 + draw(m, 30));
}

/* All that was begun is sent, and every answer read; then there is no more. */
static void finish(struct monkey *m)
{
    m->ended = m->sent + m->chunk_bytes + HEADER_BYTES;
    m->ended -= m->ended % HEADER_BYTES;
    while (m->sent < m->ended) {
        send_out(m, NOTHING);
        read_in(m, NOTHING);
        pause_bits(3);
    }
    for (int naks = 0; naks < 10;) {
        naks = read_in(m, NOTHING) ? 0 : naks + 1;
        pause_bits(20);
    }
    assert_int_equal(m->received, m->ended / HEADER_BYTES * ANSWER_BYTES);
}

static void learn_answer(struct monkey *m)
{
    uint8_t packet[EDDY_USB_PACKET_BYTES];
    size_t n = 0;
    send_query(0);
    while (n < sizeof m->answer) {
        const int got = usbdev_in(&dev, IN_EP, in_toggle(), packet, sizeof packet);
        assert_true(got >= 0 || got == -EAGAIN);
        memcpy(m->answer + n, packet, got > 0 ? (size_t)got : 0);
        n += got > 0 ? (size_t)got : 0;
        m->full = got == sizeof packet;
    }
    assert_int_equal(n, sizeof m->answer);
    assert_true(is_answer(m->answer, 0));
}

/* A board whose engine has a clock of its own. */
static void plug_another(unsigned engine_khz)
{
    const struct board_options options = {.serial = SERIAL, .engine_khz = engine_khz};
    usbdev_unplug(&dev);
    board_close(board);
    board = board_open(&options);
    assert_non_null(board);
    assert_int_equal(usbdev_plug(&dev, board), 0);
}

static uint64_t n_seeds = 5, first_seed = 1;

static void test_monkey(void **state)
{
    (void)state;
    static const unsigned clocks_khz[] = {24000, 3000, 80000, 48000, 12345};
    for (uint64_t seed = first_seed; seed < first_seed + n_seeds; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        struct monkey m = {.random = seed, .ended = SIZE_MAX};
        plug_another(clocks_khz[seed % 5]);
        dev.bus.clocks_per_bit = 4 * (1 + (double)draw(&m, 5001) * 1e-6 - 0.0025);
        dev.bus.jitter_clocks = chance(&m, 2) ? 0.44 : 0;
        learn_answer(&m);
        m.sent = m.received = 0;
        draw_chunk(&m);
        for (int n = 0; n < 700; n++)
            act(&m);
        finish(&m);
        assert_true(m.received > 1000);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WIRE_TEST(test_monkey),
    };
    if (argc > 1)
        n_seeds = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
