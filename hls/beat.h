/* beat.h -- results leave the datapath DRAINS words at a time, the first in the lowest bits. */
#ifndef EDDY_BEAT_H
#define EDDY_BEAT_H

#include "config.h"
#include "hls.h"

static inline uint64_t beat_append(uint64_t beat, uint16_t word)
{
    return (DRAINS > 1 ? beat >> 16 : 0) | (uint64_t)word << 16 * (DRAINS - 1);
}

static inline uint64_t beat_pack(const int16_t words[DRAINS])
{
    uint64_t beat = 0;
    HLS_UNROLL
    for (int k = 0; k < DRAINS; k++)
        beat = beat_append(beat, (uint16_t)words[k]);
    return beat;
}

#endif
