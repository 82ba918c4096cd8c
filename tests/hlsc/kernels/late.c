/* What is ready late and comes first in the program: words of a stream, loads at one port two cycles apart, elements. */
#include "hls.h"

static uint16_t a[16];

void late(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 16; i++)
        a[i] = hls_read(in);
    for (uint16_t i = 0; i < 20; i++) {
        HLS_PIPELINE(2);
        const uint16_t v = a[i & 15];
        hls_write(out, a[(v * 5 + i * v) & 15]);
        hls_write(out, i);
    }
    for (int i = 0; i < 15; i++) { /* the load has to wait for the store of the iteration before */
        HLS_PIPELINE(1);
        const uint16_t v = hls_read(in);
        hls_write(out, a[i]);
        a[i + 1] = (uint16_t)(v * v * (v >> 3));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 31; i++)
        rig_send(k, 0, rig_random());
}
#endif
