/* descriptor.h -- what the control process tells the datapath: three kinds of 64-bit words.
 *
 * An operation is one job of the datapath. A segment is one dot-product piece of a block of rows: `length`
 * columns, taken from one source, weights from consecutive addresses. A drain says what becomes of a piece of the
 * sums of a block: rows of one phase.
 */
#ifndef EDDY_DESCRIPTOR_H
#define EDDY_DESCRIPTOR_H

#include "config.h"
#include "hls.h"
#include "phase.h"

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

enum segment_source {
    SOURCE_DATA,  /* x_t as it arrives; kept in the input buffer */
    SOURCE_KEPT,  /* x_t from the input buffer */
    SOURCE_STATE, /* an output of this step or of the step before */
    SOURCE_GATED, /* r * h_{t-1} */
};

struct segment {
    uint8_t source;
    bool token; /* the element chooses the column: its weights are multiplied by TOKEN_ELEMENT */
    bool ends_block;  /* the sums are complete after this segment */
    bool guard;       /* ... and columns may be taken from them: wait for the drain */
    bool stop;        /* the last segment of a run */
    uint16_t length;  /* columns, at least 1 */
    uint32_t address; /* of the first element in the source, 20 bits */
    uint32_t weight;  /* address of the first column's weights, 20 bits */
};

#define TOKEN_ELEMENT 16384

/* A unit's place is its number in the state of a stream; a home is a stream and one of its two banks. */
struct drain {
    uint8_t groups; /* of DRAINS rows, 1 to LANES / DRAINS */
    struct phase phase;
    uint8_t cell_shift; /* the cell state has 11 + cell_shift fraction bits */
    bool emit;          /* to results as well */
    bool releases;      /* the last piece of its block */
    uint8_t hold;       /* iterations before the first row */
    uint8_t gap;    /* iterations from the first row until its vector may be read, see control.c */
    uint16_t place; /* of the first unit */
    uint8_t home;   /* 2 * stream + bank */
    uint16_t row;   /* of the first row in the row constants */
};

static inline uint64_t operation_pack(struct operation o)
{
    return o.kind | (uint64_t)o.address << 8 | (uint64_t)o.count << 32;
}

static inline struct operation operation_unpack(uint64_t w)
{
    return (struct operation){.kind = w & 0xff, .address = w >> 8 & 0xffffff, .count = w >> 32};
}

static inline uint64_t segment_pack(struct segment s)
{
    return s.source | (uint64_t)s.ends_block << 2 | (uint64_t)s.stop << 3 |
           (uint64_t)(s.length & 0xfff) << 4 | (uint64_t)(s.address & 0xfffff) << 16 |
           (uint64_t)(s.weight & 0xfffff) << 36 | (uint64_t)s.token << 56 | (uint64_t)s.guard << 57;
}

static inline struct segment segment_unpack(uint64_t w)
{
    return (struct segment){.source = w & 3,
                            .token = w >> 56 & 1,
                            .ends_block = w >> 2 & 1,
                            .guard = w >> 57 & 1,
                            .stop = w >> 3 & 1,
                            .length = w >> 4 & 0xfff,
                            .address = w >> 16 & 0xfffff,
                            .weight = w >> 36 & 0xfffff};
}

static inline uint64_t drain_pack(struct drain d)
{
    return (uint64_t)((d.groups - 1) & 31) | (uint64_t)phase_pack(d.phase) << 5 |
           (uint64_t)(d.cell_shift & 3) << 21 | (uint64_t)d.emit << 23 |
           (uint64_t)d.releases << 24 | (uint64_t)(d.hold & 31) << 25 |
           (uint64_t)(d.gap & 63) << 30 | (uint64_t)(d.place & 0x7ff) << 36 |
           (uint64_t)(d.home & 15) << 47 | (uint64_t)(d.row & 0x1fff) << 51;
}

static inline struct drain drain_unpack(uint64_t w)
{
    return (struct drain){.groups = (w & 31) + 1,
                          .phase = phase_unpack((uint16_t)(w >> 5)),
                          .cell_shift = w >> 21 & 3,
                          .emit = w >> 23 & 1,
                          .releases = w >> 24 & 1,
                          .hold = w >> 25 & 31,
                          .gap = w >> 30 & 63,
                          .place = w >> 36 & 0x7ff,
                          .home = w >> 47 & 15,
                          .row = w >> 51 & 0x1fff};
}

#endif
