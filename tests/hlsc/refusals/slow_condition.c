#include "hls.h"

void f(hls_stream_u16 *a, hls_stream_u16 *b, uint8_t n)
{
    uint16_t state = 1;
    for (uint8_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        const uint16_t divided = state / 1000;
        if (state % 1000 > divided * divided)
            state += hls_read(a);
        else
            state ^= hls_read(b);
    }
}
