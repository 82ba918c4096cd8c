/* State that starts far from zero and moves nearer by one: the search for its range ends, at zero. */
#include "hls.h"

void drift(hls_stream_u32 *fallen, hls_stream_u32 *risen, uint8_t n)
{
    static int32_t down = INT32_C(1348143556);
    static int32_t up = -INT32_C(1802080956);
    for (uint8_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        hls_write(fallen, (uint32_t)down--);
        hls_write(risen, (uint32_t)up++);
    }
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 2, 40 + round);
}
#endif
