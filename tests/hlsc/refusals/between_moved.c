#include "hls.h"

static struct {
    uint16_t first, second[5], third[4];
} parts;

void f(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    uint16_t *const end = parts.second + 5;
    parts.second[(word & 15) % 5] = (uint16_t)(word >> 4);
    parts.third[word >> 4 & 3] = (uint16_t)(word >> 8);
    hls_write(out, end[(int)((word >> 20 & 15) % 5) - 5]);
}
