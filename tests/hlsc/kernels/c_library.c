/* What there is of the C library: copies and fills of constant length, at an offset too, absolute values, assertions. */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "hls.h"

static uint16_t from[20], to[20];
static uint8_t saved[16];

uint32_t c_library(hls_stream_u16 *in, hls_stream_u16 *out, uint8_t n)
{
    static const uint8_t first[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t counts[16], sums[8];
    memset(counts, 0, sizeof counts);
    memcpy(sums, first, sizeof sums);
    for (int i = 0; i < 20; i++) {
        const uint16_t word = hls_read(in);
        assert(word <= USHRT_MAX);
        counts[word & 15]++;
        sums[word & 7] += (uint8_t)abs((int16_t)word);
        from[i] = (uint16_t)(word + n);
    }
    memcpy(saved, counts, sizeof saved);
    memmove(to, from, sizeof to);
    memmove(to + 4, from + 1, 12);
    memset(to + 12, 0x5a, 6);
    uint32_t sum = 0;
    for (int i = 0; i < 20; i++)
        sum = sum * 3 + to[i];
    for (int i = 0; i < 16; i++)
        hls_write(out, (uint16_t)(saved[i] << 8 | sums[i & 7]));
    return sum;
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (unsigned i = 0; i < 20; i++)
        rig_send(k, 0, rig_random());
}
#endif
