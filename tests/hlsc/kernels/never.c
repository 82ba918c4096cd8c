/* Loops with a way out that is never taken: of a condition all cases are there. */
#include "hls.h"

uint16_t never(hls_stream_u16 *in, uint8_t n, uint8_t m)
{
    static uint16_t sums[4];
    const uint8_t large = m > 99;
    HLS_UNROLL
    for (int i = 0; i < 3; i++)
        if (sums[0] != 6 + i)
            for (uint8_t k = n & 7; k != 0; k--) {
                HLS_PIPELINE(5);
                const uint16_t word = hls_read(in);
                switch (large) {
                case 0: sums[(k + i) & 3] += word; /* fall through */
                case 1: sums[k & 1]++; break;
                default: __builtin_unreachable();
                }
            }
    return sums[0] ^ (uint16_t)(sums[1] << 4) ^ (uint16_t)(sums[2] * 5) ^ sums[3];
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (unsigned i = 0; i < 24; i++)
        rig_send(k, 0, rig_random());
}
#endif
