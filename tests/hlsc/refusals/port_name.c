#include "hls.h"

uint16_t f(uint16_t a, uint16_t start, hls_stream_u16 *out)
{
    hls_write(out, a);
    return start;
}
