/* Counters that step over their limits and wrap around in their types: the report has the iterations that there are. */
#include "hls.h"

void wraps(hls_stream_u16 *out)
{
    for (uint8_t i = 101; i > 2; i -= 7) {
        HLS_PIPELINE(1);
        hls_write(out, i);
    }
    for (int8_t i = 0; i < 120; i += 50) {
        HLS_PIPELINE(1);
        hls_write(out, (uint16_t)i);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round;
}
#endif
