/* bus.h -- the host's end of the two wires: packets to line states and back, at the host's own clock. */
#ifndef EDDY_SIM_USB_BUS_H
#define EDDY_SIM_USB_BUS_H

#include "board.h"

#include <stddef.h>

enum usb_pid {
    PID_OUT = 0x1,
    PID_IN = 0x9,
    PID_SOF = 0x5,
    PID_SETUP = 0xd,
    PID_DATA0 = 0x3,
    PID_DATA1 = 0xb,
    PID_ACK = 0x2,
    PID_NAK = 0xa,
    PID_STALL = 0xe
};

#define BUS_PACKET_BYTES 128 /* the longest that is sent or received, PID and CRC included */
#define BUS_PACKET_LINES (16 + 12 * BUS_PACKET_BYTES) /* its line states */
#define BUS_FRAME_BITS 12000

/* What bus_receive returns beside a length in bytes. */
enum { BUS_SILENT = -1, BUS_BROKEN = -2 };

struct bus {
    struct board *board;   /* NULL: nothing is plugged in */
    double clocks_per_bit; /* 4, more or less by the tolerance of the host's clock */
    double clocks_due;
    double jitter_clocks; /* every edge of the host's is off by at most so much, at random */
    double jittered_clocks;
    unsigned late_lines;        /* LINE_DP or LINE_DM: changes a clock after the other */
    unsigned line;              /* the host's, a clock ago */
    uint64_t clocks;            /* of the board, since it was plugged in */
    uint64_t bits;              /* of the host */
    unsigned turnaround_clocks; /* from the end of the latest packet sent to the answer */
    /* Faults. A packet loses one bit in so many packets (0: never), drawn from state. */
    unsigned fault_one_in;
    uint64_t fault_state;
    uint64_t faults;
    int flip_bit; /* of the next packet sent, from its SYNC on; -1: none */
};

void bus_open(struct bus *bus, struct board *board);
/* Holds a line state for so many bits. */
void bus_hold(struct bus *bus, unsigned line, unsigned n_bits);
/* bytes: PID to CRC. SYNC, stuffed bits and EOP are added. */
void bus_send(struct bus *bus, const uint8_t *bytes, size_t n_bytes);
/* Line states as they are, one a bit. */
void bus_send_lines(struct bus *bus, const uint8_t *lines, size_t n_lines);
/* SYNC to EOP as line states; returns how many, at most 16 + 12 * n_bytes. */
size_t bus_encode(const uint8_t *bytes, size_t n_bytes, uint8_t *lines);
/* What the board sends within 18 bit times: its length in bytes from the PID on, BUS_SILENT, or BUS_BROKEN for bad
 * stuffing, PID or length. */
int bus_receive(struct bus *bus, uint8_t bytes[BUS_PACKET_BYTES]);

/* The bytes of packets, CRC included: a token, and a data packet, whose length is returned. */
void bus_token_bytes(enum usb_pid pid, unsigned value, uint8_t bytes[3]);
size_t bus_data_bytes(enum usb_pid pid, const uint8_t *data, size_t n_bytes,
                      uint8_t bytes[BUS_PACKET_BYTES]);
void bus_token(struct bus *bus, enum usb_pid pid, unsigned address, unsigned endpoint);
void bus_sof(struct bus *bus, unsigned frame);
void bus_data(struct bus *bus, enum usb_pid pid, const uint8_t *data, size_t n_bytes);
void bus_handshake(struct bus *bus, enum usb_pid pid);
/* Whether bytes (PID to CRC) are a data packet with the right CRC. */
bool bus_data_good(const uint8_t *bytes, int n_bytes);
/* splitmix64 */
uint64_t bus_random(uint64_t *state);

#endif
