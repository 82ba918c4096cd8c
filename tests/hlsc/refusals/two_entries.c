#include "hls.h"

void f(uint32_t n, hls_stream_u32 *out)
{
    uint32_t i = 0;
    if (n & 1)
        goto within;
    for (; i < (n & 15); i++) {
        hls_write(out, i);
    within:
        hls_write(out, n);
    }
}
