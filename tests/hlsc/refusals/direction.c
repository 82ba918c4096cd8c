#include "hls.h"

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    hls_write(out, hls_read(in));
    hls_write(in, 1);
}
