#include "hls.h"

void f(uint32_t n, hls_stream_u32 *out)
{
    union {
        uint32_t word;
        uint8_t byte[4];
    } u;
    u.word = n;
    hls_write(out, u.byte[n & 3]);
}
