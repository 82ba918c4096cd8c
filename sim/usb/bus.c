#include "bus.h"

#include <string.h>

void bus_open(struct bus *bus, struct board *board)
{
    *bus = (struct bus){.board = board, .clocks_per_bit = 4, .line = LINE_J, .flip_bit = -1};
}

uint64_t bus_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The bit that a fault takes in a packet of n_bits, or -1. */
static int draw_fault(struct bus *bus, size_t n_bits)
{
    if (!bus->fault_one_in || bus_random(&bus->fault_state) % bus->fault_one_in)
        return -1;
    bus->faults++;
    return (int)(bus_random(&bus->fault_state) % n_bits);
}

/* One cycle of the board. Without a board the line stays as the host leaves it. */
static bool clock_board(struct bus *bus, unsigned *line)
{
    unsigned seen = (*line & ~bus->late_lines) | (bus->line & bus->late_lines);
    bus->clocks++;
    bus->line = *line;
    if (!bus->board || !board_clock(bus->board, &seen))
        return false;
    *line = seen;
    return true;
}

/* The number of clocks by which the next edge is off. */
static double draw_jitter(struct bus *bus)
{
    const double unit = (double)(bus_random(&bus->fault_state) >> 11) * 0x1p-53;
    return bus->jitter_clocks * (2 * unit - 1);
}

void bus_hold(struct bus *bus, unsigned line, unsigned n_bits)
{
    const double jitter = bus->jitter_clocks > 0 ? draw_jitter(bus) : 0;
    bus->bits += n_bits;
    bus->clocks_due += n_bits * bus->clocks_per_bit + jitter - bus->jittered_clocks;
    bus->jittered_clocks = jitter;
    for (; bus->clocks_due >= 1; bus->clocks_due--) {
        unsigned seen = line;
        clock_board(bus, &seen);
    }
}

void bus_send_lines(struct bus *bus, const uint8_t *lines, size_t n_lines)
{
    const int fault = draw_fault(bus, n_lines);
    for (size_t i = 0; i < n_lines; i++) {
        const bool flip = (int)i == bus->flip_bit || (int)i == fault;
        bus_hold(bus, flip ? lines[i] ^ (LINE_DP | LINE_DM) : lines[i], 1);
    }
    bus->flip_bit = -1;
}

struct encoder {
    uint8_t *lines;
    size_t n;
    unsigned line, ones;
};

static void encode_bit(struct encoder *e, bool bit)
{
    if (!bit)
        e->line ^= LINE_DP | LINE_DM;
    e->lines[e->n++] = (uint8_t)e->line;
    e->ones = bit ? e->ones + 1 : 0;
    if (e->ones == 6)
        encode_bit(e, false);
}

size_t bus_encode(const uint8_t *bytes, size_t n_bytes, uint8_t *lines)
{
    struct encoder e = {.lines = lines, .line = LINE_J};
    for (int bit = 0; bit < 8; bit++)
        encode_bit(&e, bit == 7);
    for (size_t i = 0; i < 8 * n_bytes; i++)
        encode_bit(&e, bytes[i / 8] >> i % 8 & 1);
    lines[e.n++] = LINE_SE0;
    lines[e.n++] = LINE_SE0;
    lines[e.n++] = LINE_J;
    return e.n;
}

void bus_send(struct bus *bus, const uint8_t *bytes, size_t n_bytes)
{
    uint8_t lines[BUS_PACKET_LINES];
    bus_send_lines(bus, lines, bus_encode(bytes, n_bytes, lines));
}

/* ---- receiving: four samples a bit, aligned at every edge ---- */

struct decoder {
    unsigned line, previous, phase, ones;
    size_t bits; /* since SYNC, without stuffed ones */
    unsigned history;
    bool synced, broken, ended;
    uint8_t *bytes;
};

static void decode_bit(struct decoder *d, unsigned line)
{
    if (line == LINE_SE0) {
        d->ended = true;
        return;
    }
    const bool bit = line == d->previous;
    d->previous = line;
    if (!d->synced) {
        d->history = (d->history << 1 | bit) & 0xff;
        d->synced = d->history == 1;
        d->ones = 1;
        return;
    }
    if (d->ones == 6) {
        d->broken |= bit;
        d->ones = 0;
        return;
    }
    d->ones = bit ? d->ones + 1 : 0;
    if (d->bits == 8 * BUS_PACKET_BYTES) {
        d->broken = true;
        return;
    }
    if (d->bits % 8 == 0)
        d->bytes[d->bits / 8] = 0;
    d->bytes[d->bits / 8] |= (uint8_t)(bit << d->bits % 8);
    d->bits++;
}

static void decode_clock(struct decoder *d, unsigned line)
{
    d->phase = line == d->line ? (d->phase + 1) % 4 : 0;
    d->line = line;
    if (d->phase == 2)
        decode_bit(d, line);
}

/* Clocks until the board drives the line; false when it does not. */
static bool wait_answer(struct bus *bus, unsigned *line)
{
    const unsigned limit = (unsigned)(18 * bus->clocks_per_bit);
    for (bus->turnaround_clocks = 0; bus->turnaround_clocks < limit; bus->turnaround_clocks++) {
        *line = LINE_J;
        if (clock_board(bus, line))
            return true;
    }
    return false;
}

int bus_receive(struct bus *bus, uint8_t bytes[BUS_PACKET_BYTES])
{
    struct decoder d = {.line = LINE_J, .previous = LINE_J, .history = 0xff, .bytes = bytes};
    const uint64_t begin = bus->clocks;
    unsigned line;
    bool driven = wait_answer(bus, &line);
    const bool silent = !driven;
    for (; driven; driven = clock_board(bus, &line)) {
        if (!d.ended)
            decode_clock(&d, line);
        line = LINE_J;
    }
    bus->bits += (uint64_t)((double)(bus->clocks - begin) / bus->clocks_per_bit);
    if (silent)
        return BUS_SILENT;
    if (!d.synced || d.broken || d.bits == 0)
        return BUS_BROKEN;
    const int fault = draw_fault(bus, d.bits);
    if (fault >= 0)
        bytes[fault / 8] ^= (uint8_t)(1u << fault % 8);
    const bool good = d.bits % 8 == 0 && (bytes[0] & 0xf) == (~bytes[0] >> 4 & 0xf);
    return good ? (int)(d.bits / 8) : BUS_BROKEN;
}

/* ---- packets ---- */

static uint16_t crc(const uint8_t *bytes, unsigned n_bits, unsigned width, uint16_t poly)
{
    const uint16_t mask = (uint16_t)((1u << width) - 1);
    uint16_t remainder = mask, reversed = 0;
    for (unsigned i = 0; i < n_bits; i++) {
        const bool feedback = (remainder >> (width - 1) & 1) ^ (bytes[i / 8] >> i % 8 & 1);
        remainder = (uint16_t)((remainder << 1 ^ (feedback ? poly : 0)) & mask);
    }
    for (unsigned i = 0; i < width; i++)
        reversed |= (uint16_t)((remainder >> (width - 1 - i) & 1) << i);
    return (uint16_t)(~reversed & mask);
}

static uint8_t pid_byte(enum usb_pid pid)
{
    return (uint8_t)(pid | (~(unsigned)pid & 0xf) << 4);
}

void bus_token_bytes(enum usb_pid pid, unsigned value, uint8_t bytes[3])
{
    bytes[0] = pid_byte(pid);
    bytes[1] = (uint8_t)value;
    bytes[2] = (uint8_t)(value >> 8);
    bytes[2] |= (uint8_t)(crc(bytes + 1, 11, 5, 0x05) << 3);
}

static void send_token(struct bus *bus, enum usb_pid pid, unsigned value)
{
    uint8_t bytes[3];
    bus_token_bytes(pid, value, bytes);
    bus_send(bus, bytes, sizeof bytes);
}

void bus_token(struct bus *bus, enum usb_pid pid, unsigned address, unsigned endpoint)
{
    send_token(bus, pid, address | endpoint << 7);
}

void bus_sof(struct bus *bus, unsigned frame)
{
    send_token(bus, PID_SOF, frame & 0x7ff);
}

size_t bus_data_bytes(enum usb_pid pid, const uint8_t *data, size_t n_bytes,
                      uint8_t bytes[BUS_PACKET_BYTES])
{
    if (n_bytes > BUS_PACKET_BYTES - 3)
        n_bytes = BUS_PACKET_BYTES - 3;
    bytes[0] = pid_byte(pid);
    if (n_bytes)
        memcpy(bytes + 1, data, n_bytes);
    const uint16_t check = crc(bytes + 1, (unsigned)(8 * n_bytes), 16, 0x8005);
    bytes[1 + n_bytes] = (uint8_t)check;
    bytes[2 + n_bytes] = (uint8_t)(check >> 8);
    return n_bytes + 3;
}

void bus_data(struct bus *bus, enum usb_pid pid, const uint8_t *data, size_t n_bytes)
{
    uint8_t bytes[BUS_PACKET_BYTES];
    bus_send(bus, bytes, bus_data_bytes(pid, data, n_bytes, bytes));
}

void bus_handshake(struct bus *bus, enum usb_pid pid)
{
    const uint8_t byte = pid_byte(pid);
    bus_send(bus, &byte, 1);
}

bool bus_data_good(const uint8_t *bytes, int n_bytes)
{
    if (n_bytes < 3 || (bytes[0] & 7) != 3)
        return false;
    const uint16_t check = crc(bytes + 1, (unsigned)(8 * (n_bytes - 3)), 16, 0x8005);
    return bytes[n_bytes - 2] == (uint8_t)check && bytes[n_bytes - 1] == check >> 8;
}
