#include "hls.h"

float f(hls_stream_u16 *in)
{
    return hls_read(in);
}
