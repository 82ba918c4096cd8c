#include "hls.h"

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t n = hls_read(in);
    hls_write(out, n / hls_read(in));
}
