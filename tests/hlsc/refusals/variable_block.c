#include "hls.h"

void f(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int k = 0; k < 4; k++) {
        const uint32_t n = hls_read(in) & 15;
        uint32_t a[n + 1];
        for (uint32_t i = 0; i <= n; i++)
            a[i] = i;
        hls_write(out, a[n >> 1]);
    }
}
