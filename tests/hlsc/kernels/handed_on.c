/* A process that only hands words on, the low half of each: wires. */
#include "hls.h"

void handed_on(hls_stream_u32 *in, hls_stream_u16 *out)
{
    while (hls_more(in)) {
        HLS_PIPELINE(1);
        hls_write(out, (uint16_t)hls_read(in));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 20 * round; i++)
        rig_send(k, 0, rig_random());
}
#endif
