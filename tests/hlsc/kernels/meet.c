/* memmove between pointers that may or may not be into one array: which way it copies is known at run time only. */
#include "hls.h"

#include <string.h>

struct pair {
    uint16_t id;
    int8_t side[3];
};
static uint16_t x[8], y[8];
static struct pair left[4], right[4];

static void between(uint16_t *to, const uint16_t *from, uint32_t n)
{
    memmove(to, from, n * sizeof *to);
}

static void pairs(uint32_t word, hls_stream_u32 *out)
{
    struct pair *to = word & 1 ? left : right, *from = word & 2 ? left : right;
    memmove(to + 1, from, 3 * sizeof *to);
    to[0].id = (uint16_t)word;
    to[0].side[1] = (int8_t)(word >> 16);
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum = sum * 5 + left[i].id + right[i].id * 3u + (uint8_t)left[i].side[1];
    hls_write(out, sum);
}

void meet(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t first = hls_read(in);
    for (int i = 0; i < 8; i++) {
        x[i] = (uint16_t)(first + i);
        y[i] = (uint16_t)(first * i);
    }
    for (int i = 0; i < 4; i++) {
        const uint32_t word = hls_read(in);
        uint16_t *to = word & 1 ? x : y;
        memmove(to + 1, x, 6 * sizeof *to);
        between((word & 2 ? x : y) + (word >> 4 & 3), to + (word >> 6 & 3), word >> 8 & 3);
        uint32_t sum = 0;
        for (int k = 0; k < 8; k++)
            sum = sum * 7 + x[k] + y[k] * 3u;
        hls_write(out, sum);
        pairs(word >> 12, out);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 5; i++)
        rig_send(k, 0, rig_random());
}
#endif
