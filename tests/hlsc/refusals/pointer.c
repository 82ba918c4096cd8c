#include "hls.h"

static uint16_t a[8], b[8];

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    uint16_t *p = a;
    for (int i = 0; i < 100; i++) {
        p[i & 7] = hls_read(in);
        if (p[3] == 7)
            p = b;
    }
    hls_write(out, p[0]);
}
