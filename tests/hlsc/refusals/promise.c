#include "hls.h"

static uint32_t a[64];

void f(uint32_t n, hls_stream_u32 *out)
{
    for (uint32_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        HLS_DISTANCE(a, -5);
        a[i & 63] += n;
    }
    hls_write(out, a[3]);
}
