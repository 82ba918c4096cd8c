/* A struct with an array is copied in each iteration of a pipelined loop. */
#include "hls.h"
struct it {
    uint32_t v;
    uint8_t tag[12];
};
static struct it q[8];
void handover(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 8; i++) {
        HLS_PIPELINE(23);
        uint32_t w = hls_read(in);
        struct it x = q[i];
        x.v += w;
        q[(i + 1) & 7] = x;
    }
    for (int i = 0; i < 8; i++)
        hls_write(out, q[i].v + q[i].tag[i]);
}
#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 33; i++)
        rig_send(k, 0, rig_random());
}
#endif
