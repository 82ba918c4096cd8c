/* hlsc: --pipeline */
/* What is promised of an inner loop need not hold for the nest: that does not become one loop unasked. */
#include "hls.h"

static uint32_t sums[8];

void inner_promise(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int r = 0; r < 20; r++)
        for (int i = 0; i < 3; i++) {
            HLS_DISTANCE(sums, 8); /* each element once in a run of this loop */
            const uint32_t word = hls_read(in), old = sums[i];
            sums[i] = (old * old) * (old ^ word) + word;
        }
    for (int i = 0; i < 3; i++)
        hls_write(out, sums[i]);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 60; i++)
        rig_send(k, 0, rig_random());
}
#endif
