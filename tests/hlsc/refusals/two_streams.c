#include "hls.h"

void f(hls_stream_u16 *in, hls_stream_u16 *other, hls_stream_u16 *out)
{
    hls_stream_u16 *s = hls_read(in) ? in : other;
    hls_write(out, hls_read(s));
}
