#include "hls.h"

static uint16_t a[64];

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    a[hls_read(in) & 63] = 1;
    uint16_t i = 0;
    do {
        HLS_PIPELINE(1);
        hls_write(out, i);
    } while (a[i++ & 63] == 0);
}
