#include "hls.h"

void f(uint32_t n, hls_stream_u32 *out)
{
    uint32_t a[(n & 15) + 1];
    for (uint32_t i = 0; i <= (n & 15); i++)
        a[i] = i;
    hls_write(out, a[n & 1]);
}
