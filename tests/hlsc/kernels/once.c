/* Without a loop around: a static is stored before the branch that asks for what it was. */
#include "hls.h"

static uint32_t n, last, buffer[4];

void once(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in), before = last;
    buffer[n++ & 3] = word;
    last = word;
    if (n == 4) {
        for (int k = 0; k < 4; k++)
            hls_write(out, buffer[k]);
        n = 0;
    }
    if (before & 1)
        for (int k = 0; k < 2; k++)
            hls_write(out, before);
    hls_write(out, n + last);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
