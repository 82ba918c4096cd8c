/* beat.h -- results leave the datapath DRAINS words at a time. */
#ifndef EDDY_BEAT_H
#define EDDY_BEAT_H

#include "config.h"
#include "hls.h"

struct beat {
    uint16_t word[DRAINS]; /* the first to leave is word 0 */
};

#if DRAINS == 1
typedef hls_stream_u16 hls_stream_results;

static inline uint16_t beat_pack(struct beat b)
{
    return b.word[0];
}
#else
typedef hls_stream_u64 hls_stream_results;

static inline uint64_t beat_pack(struct beat b)
{
    return b.word[0] | (uint64_t)b.word[1] << 16 | (uint64_t)b.word[2] << 32 |
           (uint64_t)b.word[3] << 48;
}
#endif

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
static inline void write_counters(hls_stream_results *results, uint32_t a, uint32_t b)
{
#if DRAINS == 1
    hls_write(results, (uint16_t)a);
    hls_write(results, (uint16_t)(a >> 16));
    hls_write(results, (uint16_t)b);
    hls_write(results, (uint16_t)(b >> 16));
#else
    hls_write(results, a | (uint64_t)b << 32);
#endif
}

#endif
