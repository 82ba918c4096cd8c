#include "hls.h"

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 60; i++) {
        HLS_PIPELINE(1);
        uint16_t n = hls_read(in);
        while (n & 1)
            n = n >> 1 ^ i;
        hls_write(out, n);
    }
}
