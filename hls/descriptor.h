/* descriptor.h -- what tells the engine what to do: 64-bit words.
 *
 * A program (packet.h) is a list of descriptors. Control hands segments and drains on to the datapath, step by step,
 * and the datapath does what they say; operations are what else control wants of it.
 *
 *   segment    one dot-product piece of a block of rows: `length` columns, taken from one source, weights from
 *              consecutive addresses
 *   drain      what becomes of a piece of the sums of a block: rows of one phase
 *   pass       comes before the segments and drains of one step of a pass
 *   step       in no program: has the segments and drains of a pass done
 *   operation  one job of the datapath
 *
 * The layout is the same for all presets, of host and device.
 */
#ifndef EDDY_DESCRIPTOR_H
#define EDDY_DESCRIPTOR_H

#include "config.h"
#include "hls.h"
#include "phase.h"

#define DESCRIPTOR_WORDS 4 /* 16-bit words, the lowest first */

#if STATE_ROWS > 1024 || INPUT_ROWS > 512 || ROWS > 4096 || WEIGHT_WORDS > 65536
#error "descriptor.h: its fields hold 1024 units, 512 inputs, 4096 rows, 65536 columns of weights"
#endif
#if LANES / DRAINS > 32 || STREAMS > 8 || STATE_DISTANCE + 32 > 63
#error "descriptor.h: its fields hold 32 groups, 8 streams and a gap of 63"
#endif

enum descriptor_kind { DESCRIPTOR_SEGMENT, DESCRIPTOR_DRAIN, DESCRIPTOR_PASS, DESCRIPTOR_STEP };

static inline uint8_t descriptor_kind(uint64_t w)
{
    return w & 3;
}

/* ---- segments ---- */

enum segment_source {
    SOURCE_DATA,  /* x_t as it arrives; kept in the input buffer */
    SOURCE_KEPT,  /* x_t from the input buffer */
    SOURCE_STATE, /* an output of this step or of the step before */
    SOURCE_GATED, /* r * h_{t-1} */
};

struct segment {
    uint8_t source;
    bool token; /* the element chooses the column: its weights are multiplied by TOKEN_ELEMENT */
    bool ends_block; /* the sums are complete after this segment */
    bool guard;      /* ... and columns may be taken from them: wait for the drain */
    bool stop;       /* the last segment of a step; for the datapath, of a run */
    bool current;    /* in a program: STATE is that of this step, not of the step before */
    uint16_t length; /* columns, at least 1 */
    uint16_t weight; /* address of the first column's weights */
    uint32_t
        address; /* of the first element in the source; of STATE in a program, without its home */
};

#define TOKEN_ELEMENT 16384
#define SEGMENT_SOURCE_BIT 2
#define SEGMENT_STOP_BIT 7
#define SEGMENT_ADDRESS_BIT 44

static inline uint64_t segment_pack(struct segment s)
{
    return DESCRIPTOR_SEGMENT | (uint64_t)s.source << SEGMENT_SOURCE_BIT | (uint64_t)s.token << 4 |
           (uint64_t)s.ends_block << 5 | (uint64_t)s.guard << 6 |
           (uint64_t)s.stop << SEGMENT_STOP_BIT | (uint64_t)s.current << 8 |
           (uint64_t)s.weight << 16 | (uint64_t)(s.length & 0xfff) << 32 |
           (uint64_t)(s.address & 0xfffff) << SEGMENT_ADDRESS_BIT;
}

static inline struct segment segment_unpack(uint64_t w)
{
    return (struct segment){.source = w >> SEGMENT_SOURCE_BIT & 3,
                            .token = w >> 4 & 1,
                            .ends_block = w >> 5 & 1,
                            .guard = w >> 6 & 1,
                            .stop = w >> SEGMENT_STOP_BIT & 1,
                            .current = w >> 8 & 1,
                            .weight = (uint16_t)(w >> 16),
                            .length = w >> 32 & 0xfff,
                            .address = (uint32_t)(w >> SEGMENT_ADDRESS_BIT)};
}

/* ---- drains ---- */

/* A unit's place is its number in the state of a stream; a home is a stream and one of its two banks. */
struct drain {
    uint8_t groups; /* of DRAINS rows, 1 to LANES / DRAINS */
    struct phase phase;
    uint8_t cell_shift; /* the cell state has 11 + cell_shift fraction bits */
    bool emit;          /* to results as well */
    bool releases;      /* the last piece of its block */
    uint8_t hold;       /* iterations before the first row */
    uint8_t gap;        /* iterations from the first row until its vector may be read */
    uint16_t place;     /* of the first unit */
    uint8_t home;       /* 2 * stream + bank; 0 in a program */
    uint16_t row;       /* of the first row in the row constants */
};

#define DRAIN_EMIT_BIT 2
#define DRAIN_HOME_BIT 38
#define MAX_HOLD 31

static inline uint64_t drain_pack(struct drain d)
{
    return DESCRIPTOR_DRAIN | (uint64_t)d.emit << DRAIN_EMIT_BIT | (uint64_t)d.releases << 3 |
           (uint64_t)((d.groups - 1) & 31) << 4 | (uint64_t)(d.cell_shift & 3) << 9 |
           (uint64_t)(d.hold & MAX_HOLD) << 11 | (uint64_t)phase_pack(d.phase) << 16 |
           (uint64_t)(d.gap & 63) << 32 | (uint64_t)(d.home & 15) << DRAIN_HOME_BIT |
           (uint64_t)(d.place & 0x3ff) << 42 | (uint64_t)(d.row & 0xfff) << 52;
}

static inline struct drain drain_unpack(uint64_t w)
{
    return (struct drain){.emit = w >> DRAIN_EMIT_BIT & 1,
                          .releases = w >> 3 & 1,
                          .groups = (w >> 4 & 31) + 1,
                          .cell_shift = w >> 9 & 3,
                          .hold = w >> 11 & MAX_HOLD,
                          .phase = phase_unpack((uint16_t)(w >> 16)),
                          .gap = w >> 32 & 63,
                          .home = w >> DRAIN_HOME_BIT & 15,
                          .place = w >> 42 & 0x3ff,
                          .row = w >> 52 & 0xfff};
}

/* ---- passes ---- */

/* In the first step of a run h_{t-1} waits for no drain: the columns of h in the first block then go before those of x_t, the
 * last thing that the step needs. */
struct pass {
    bool swaps;        /* the first block has two segments, x_t and h */
    uint16_t inputs;   /* words of x_t */
    uint16_t answered; /* words answered each step */
    uint16_t units;    /* of its state; they follow those of the pass before */
    uint16_t feedback; /* place of what is fed back */
    uint16_t length;   /* descriptors after this one */
};

static inline uint64_t pass_pack(struct pass p)
{
    return DESCRIPTOR_PASS | (uint64_t)p.swaps << 2 | (uint64_t)(p.inputs & 0x3ff) << 5 |
           (uint64_t)(p.answered & 0xfff) << 15 | (uint64_t)(p.units & 0x7ff) << 27 |
           (uint64_t)(p.feedback & 0x3ff) << 38 | (uint64_t)p.length << 48;
}

static inline struct pass pass_unpack(uint64_t w)
{
    return (struct pass){.swaps = w >> 2 & 1,
                         .inputs = w >> 5 & 0x3ff,
                         .answered = w >> 15 & 0xfff,
                         .units = w >> 27 & 0x7ff,
                         .feedback = w >> 38 & 0x3ff,
                         .length = (uint16_t)(w >> 48)};
}

/* ---- steps ---- */

/* A step of one stream, or that a program follows. */
struct step {
    bool loads;      /* the descriptors up to the next step are a program */
    bool swaps;      /* the columns of h go before those of x_t: it waits for no drain */
    bool fed_back;   /* x is what the step before put out */
    bool emit, last; /* answers; is the last of a run */
    uint8_t home;    /* of h_t */
    uint16_t at;     /* of the first descriptor of the pass, and their number */
    uint16_t length;
    uint16_t feedback; /* place of what is fed back */
};

static inline uint64_t step_pack(struct step s)
{
    return DESCRIPTOR_STEP | (uint64_t)s.loads << 2 | (uint64_t)s.swaps << 3 |
           (uint64_t)s.fed_back << 4 | (uint64_t)s.emit << 5 | (uint64_t)s.last << 6 |
           (uint64_t)s.home << 8 | (uint64_t)s.at << 16 | (uint64_t)s.length << 32 |
           (uint64_t)s.feedback << 48;
}

static inline struct step step_unpack(uint64_t w)
{
    return (struct step){.loads = w >> 2 & 1,
                         .swaps = w >> 3 & 1,
                         .fed_back = w >> 4 & 1,
                         .emit = w >> 5 & 1,
                         .last = w >> 6 & 1,
                         .home = (uint8_t)(w >> 8),
                         .at = (uint16_t)(w >> 16),
                         .length = (uint16_t)(w >> 32),
                         .feedback = (uint16_t)(w >> 48)};
}

/* ---- operations ---- */

enum operation_kind {
    OPERATION_COPY,    /* count words from data to results */
    OPERATION_WEIGHTS, /* count words from data to the weights, from column `address` on */
    OPERATION_ROWS,    /* count words from data to the row constants, from row `address` on */
    /* h and cell of `count` units, first all h, then all cells: the state's h at `address` in its bank */
    OPERATION_STATE_WRITE,
    OPERATION_STATE_READ,
    OPERATION_STATE_CLEAR,
    OPERATION_RUN, /* segments and drains up to a segment marked stop, then the trailer */
};

struct operation {
    uint8_t kind;
    uint32_t address; /* 24 bits */
    uint32_t count;
};

static inline uint64_t operation_pack(struct operation o)
{
    return o.kind | (uint64_t)o.address << 8 | (uint64_t)o.count << 32;
}

static inline struct operation operation_unpack(uint64_t w)
{
    return (struct operation){.kind = w & 0xff, .address = w >> 8 & 0xffffff, .count = w >> 32};
}

#endif
