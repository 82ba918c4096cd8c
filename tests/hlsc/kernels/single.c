/* A loop that turns once vanishes, and its promise with it: it says nothing of the loop around, which has an inner loop. */
#include "hls.h"

static uint32_t sums[8];

static void add(hls_stream_u32 *in, uint8_t from, int n)
{
    for (int i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        HLS_DISTANCE(sums, 8); /* n is at most 8: no element twice */
        const uint32_t word = hls_read(in), old = sums[(from + i) & 7];
        sums[(from + i) & 7] = (old * old) * (old ^ word) + word;
    }
}

void single(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int r = 0; r < 12; r++)
        add(in, (uint8_t)(r >> 2), 1);
    for (int r = 0; r < 2; r++) {
        add(in, (uint8_t)(3 + r), 1);
        add(in, 3, 8);
    }
    for (int i = 0; i < 8; i++)
        hls_write(out, sums[i]);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 12 + 2 * 9; i++)
        rig_send(k, 0, rig_random());
}
#endif
