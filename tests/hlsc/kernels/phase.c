/* Two phases that wrap around, each set to the remainder of a counter that does not: one goes up, one goes down, below zero. */
#include "hls.h"

void phase(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t turns = 30 + (hls_read(in) & 15);
    int32_t at = 0, up = 0, swing = 0, down = 0;
    for (uint32_t i = 0; i < turns; i++) {
        at = (at + 3) % 10;
        hls_write(out, (uint32_t)at);
        up = (int32_t)((uint32_t)up + 3u);
        at = up % 10;
        hls_write(out, (uint32_t)up);
        swing = (swing + 4) % 12;
        hls_write(out, (uint32_t)swing);
        down = (int32_t)((uint32_t)down - 7u);
        swing = down % 12;
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
