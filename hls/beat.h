/* beat.h -- results leave the datapath DRAINS words at a time, the first in the lowest bits. */
#ifndef EDDY_BEAT_H
#define EDDY_BEAT_H

#include "config.h"
#include "hls.h"

static inline uint64_t beat_pack(const int16_t words[DRAINS])
{
    uint64_t packed = 0;
    HLS_UNROLL
    for (int k = 0; k < DRAINS; k++)
        packed |= (uint64_t)(uint16_t)words[k] << 16 * k;
    return packed;
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
