#include "hls.h"

void f(hls_stream_u16 *in, hls_stream_u16 *out)
{
    HLS_PIPELINE(1);
    hls_write(out, hls_read(in));
}
