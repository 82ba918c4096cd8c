#include "hls.h"

static uint8_t a[1u << 30];

void f(uint32_t n, hls_stream_u32 *out)
{
    a[n & 0xfffffff] = 1;
    hls_write(out, a[5]);
}
