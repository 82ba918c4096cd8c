/* Read, modify, write: equal numbers in a row meet in the pipeline. */
#include "hls.h"

static uint16_t bins[64];

void histogram(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t n = hls_read(in);
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(2);
        const uint16_t v = hls_read(in) & 63;
        bins[v] = bins[v] + 1;
    }
    for (uint16_t i = 0; i < 64; i++) {
        HLS_PIPELINE(1);
        hls_write(out, bins[i]);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    static const unsigned values[] = {2, 1, 64, 3};
    rig_send(k, 0, 200);
    for (unsigned i = 0; i < 200; i++)
        rig_send(k, 0, rig_below(values[round / 2 % 4]));
}
#endif
