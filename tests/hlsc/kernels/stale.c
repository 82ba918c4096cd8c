/* A promise that is not kept: each iteration loads what the one before stored. */
#include "hls.h"

static uint16_t line[64];

void stale(hls_stream_u16 *in, hls_stream_u16 *out)
{
    while (hls_more(in)) {
        const uint16_t n = hls_read(in);
        for (uint16_t i = 0; i < n; i++) {
            HLS_PIPELINE(1);
            HLS_DISTANCE(line, 20);
            const uint16_t at = hls_read(in) & 63;
            const uint16_t v = line[at] * 3 + 1;
            line[at] = v;
            hls_write(out, v);
        }
    }
}

#ifdef RIG
#define EXPECT_CHECK_FAILED 1
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, 40);
    for (unsigned i = 0; i < 40; i++)
        rig_send(k, 0, 7);
}
#endif
