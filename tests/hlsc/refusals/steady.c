#include "hls.h"

static const uint16_t table[16] = {1, 2, 3};

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    uint16_t kept = 0;
    for (int n = 0; n < 8; n++) {
        HLS_PIPELINE(1);
        const uint16_t steady = (uint16_t)hls_steady(kept, 1, n != 0);
        kept = hls_read(in);
        hls_write(out, table[steady & 15]);
    }
}
