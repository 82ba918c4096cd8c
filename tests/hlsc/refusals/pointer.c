#include "hls.h"

static uint16_t a[8], b[8];
static uint16_t *kept = a;

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 100; i++) {
        kept[i & 7] = hls_read(in);
        if (a[3] == 7)
            kept = b;
    }
    hls_write(out, kept[0]);
}
