#include "hls.h"

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const float x = hls_read(in);
    hls_write(out, (uint16_t)(x * 1.5f));
}
