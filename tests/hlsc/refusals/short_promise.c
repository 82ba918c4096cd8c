#include "hls.h"

static uint32_t a[256];

void f(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (uint16_t i = 0; i < 200; i++) {
        HLS_PIPELINE(1);
        HLS_DISTANCE(a, 2);
        const uint32_t v = hls_read(in);
        a[v & 255] = a[v >> 8 & 255] * (v >> 16) * 5 + v;
    }
    hls_write(out, a[7]);
}
