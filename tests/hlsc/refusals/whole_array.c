#include "hls.h"

static uint16_t a[64], b[64];

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 64; i++)
        a[i] = hls_read(in);
    __builtin_memcpy(b, a, hls_read(in) & 127);
    hls_write(out, b[hls_read(in) & 63]);
}
