#include "hls.h"

static uint16_t bins[64];

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 100; i++) {
        HLS_PIPELINE(1);
        const uint16_t v = hls_read(in) & 63;
        bins[v] += 1;
        hls_write(out, bins[v]);
    }
}
