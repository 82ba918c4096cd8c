/* A stream is split by a bit of its words, and the halves are merged again, sorted, where both wait. */
#include "hls.h"

void stream_split(hls_stream_u32 *in, hls_stream_u32 *even, hls_stream_u32 *odd)
{
    const uint32_t n = hls_read(in);
    for (uint32_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        const uint32_t v = hls_read(in);
        if (v & 1)
            hls_write(odd, v);
        else
            hls_write(even, v);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = 10 * round;
    rig_send(k, 0, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 0, rig_random());
}
#endif
