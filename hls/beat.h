/* beat.h -- results leave the datapath DRAINS words at a time. */
#ifndef EDDY_BEAT_H
#define EDDY_BEAT_H

#include "config.h"
#include "hls.h"

struct beat {
    uint16_t word[DRAINS]; /* the first to leave is word 0 */
};

static inline uint64_t beat_pack(struct beat b)
{
    uint64_t packed = 0;
    HLS_UNROLL
    for (int k = 0; k < DRAINS; k++)
        packed |= (uint64_t)b.word[k] << 16 * k;
    return packed;
}

/* The beat with the first word gone and `word` as its last. */
static inline struct beat beat_shift(struct beat b, uint16_t word)
{
    HLS_UNROLL
    for (int k = 0; k + 1 < DRAINS; k++)
        b.word[k] = b.word[k + 1];
    b.word[DRAINS - 1] = word;
    return b;
}

/* Two counters, low halves first. */
static inline void write_counters(hls_stream_u64 *results, uint32_t a, uint32_t b)
{
    const uint64_t words = a | (uint64_t)b << 32;
    HLS_UNROLL
    for (int n = 0; n < 4; n += DRAINS)
        hls_write(results, DRAINS == 4 ? words : words >> 16 * n & 0xffff);
}

#endif
