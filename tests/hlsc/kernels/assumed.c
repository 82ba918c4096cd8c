/* What is known on one way is not known on the others: an odd number that was kept is below 4, an even one is not. */
#include "hls.h"

static uint16_t kept;

void assumed(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t now = kept;
    if (now & 1) {
        if (now >= 4)
            __builtin_unreachable();
        hls_write(out, 1);
    }
    if (__builtin_expect(now > 500, 0))
        hls_write(out, 2);
    hls_write(out, now);
    kept = hls_read(in);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const uint16_t even = (uint16_t)(rig_random() << 1);
    rig_send(k, 0, round % 3 == 0 ? 3 : even);
}
#endif
