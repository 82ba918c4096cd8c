/* descriptor.h -- what the control process tells the datapath: three kinds of 64-bit words.
 *
 * An operation is one job of the datapath. A segment is one dot-product piece of a block of rows: `length`
 * columns, taken from one source, weights from consecutive addresses. A drain says what becomes of the sums
 * of a block.
 */
#ifndef EDDY_DESCRIPTOR_H
#define EDDY_DESCRIPTOR_H

#include "config.h"
#include "hls.h"

enum operation_kind {
    OPERATION_COPY,        /* count words from data to results */
    OPERATION_WEIGHTS,     /* count words from data to the weights, from column `address` on */
    OPERATION_ROWS,        /* count words from data to the row constants, from row `address` on */
    OPERATION_STATE_WRITE, /* count words from data to the state at `address` */
    OPERATION_STATE_READ,  /* count words of the state at `address` to results */
    OPERATION_STATE_CLEAR, /* count zeros to the state at `address` */
    OPERATION_RUN,         /* segments and drains up to a segment marked stop, then the trailer */
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
};

struct segment {
    uint8_t source;
    bool ends_block;  /* the sums are complete after this segment */
    bool stop;        /* the last segment of a run */
    uint16_t length;  /* columns, at least 1 */
    uint32_t address; /* of the first element in the source, 20 bits */
    uint32_t weight;  /* address of the first column's weights, 20 bits */
};

struct drain {
    uint8_t rows; /* 1 to LANES */
    uint8_t activation, result_shift;
    bool emit;        /* to results as well as to the state */
    uint8_t gap;      /* iterations before the state may be read again, see control.c */
    uint32_t address; /* of the first row in the state, 20 bits */
    uint16_t row;     /* of the first row in the row constants */
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
           (uint64_t)(s.weight & 0xfffff) << 36;
}

static inline struct segment segment_unpack(uint64_t w)
{
    return (struct segment){.source = w & 3,
                            .ends_block = w >> 2 & 1,
                            .stop = w >> 3 & 1,
                            .length = w >> 4 & 0xfff,
                            .address = w >> 16 & 0xfffff,
                            .weight = w >> 36 & 0xfffff};
}

static inline uint64_t drain_pack(struct drain d)
{
    return d.rows | (uint64_t)(d.activation & 7) << 8 | (uint64_t)d.emit << 11 |
           (uint64_t)(d.gap & 63) << 12 | (uint64_t)(d.address & 0xfffff) << 18 |
           (uint64_t)d.row << 38 | (uint64_t)(d.result_shift & 7) << 54;
}

static inline struct drain drain_unpack(uint64_t w)
{
    return (struct drain){.rows = w & 0xff,
                          .activation = w >> 8 & 7,
                          .emit = w >> 11 & 1,
                          .gap = w >> 12 & 63,
                          .address = w >> 18 & 0xfffff,
                          .row = w >> 38 & 0xffff,
                          .result_shift = w >> 54 & 7};
}

#endif
