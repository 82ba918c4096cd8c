/* Two sorted streams, each ended by all ones, become one. */
/* hlsc: --clock-ns 40 */
#include "hls.h"

void stream_merge(hls_stream_u32 *left, hls_stream_u32 *right, hls_stream_u32 *out)
{
    const uint32_t end = 0xffffffff;
    uint32_t a = hls_read(left), b = hls_read(right);
    while (a != end || b != end) {
        HLS_PIPELINE(1);
        const bool from_left = a <= b;
        hls_write(out, from_left ? a : b);
        if (from_left)
            a = hls_read(left);
        else
            b = hls_read(right);
    }
    hls_write(out, end);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned side = 0; side < 2; side++) {
        uint32_t v = 0;
        const unsigned n = round == 0 ? 0 : rig_below(50);
        for (unsigned i = 0; i < n; i++) {
            v += rig_below(1000);
            rig_send(k, side, v);
        }
        rig_send(k, side, 0xffffffff);
    }
}
#endif
