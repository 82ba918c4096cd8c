#include "hls.h"

static uint32_t a[64];

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    a[hls_read(in) & 63] = 1;
    hls_write(out, ((volatile uint16_t *)a)[hls_read(in) & 127]);
}
