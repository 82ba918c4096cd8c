/* hlsc: --clock-ns 8 */
#include "hls.h"

void f(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (uint8_t i = 0;; i++) {
        if (i >= 11)
            break;
        HLS_PIPELINE(1);
        hls_write(out, hls_read(in));
    }
}
