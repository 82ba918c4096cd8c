/* hlsc: -DTURNS=1 */
/* Arrays of which only the beginning is given, and a marked loop of a single turn. */
#include "hls.h"

static uint32_t few[64] = {1, 2, 3};
static const uint16_t more[40] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const struct {
    uint8_t x;
    uint16_t y;
} pairs[30] = {{1, 2}, {3, 400}};

uint32_t partial(uint32_t n, hls_stream_u32 *out)
{
    for (int k = 0; k < TURNS; k++) {
        HLS_PIPELINE(1);
        few[n & 63] += n;
    }
    for (uint32_t i = 0; i < 64; i++) {
        HLS_PIPELINE(1);
        hls_write(out, few[i]);
    }
    return more[n % 40] * 3u + pairs[n % 30].x + pairs[n % 7].y;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k, (void)round;
}
#endif
