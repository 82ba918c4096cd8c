/* Counters that go over the end of their type, up or down, and on from there until something else ends the loop. */
#include "hls.h"

void counters(hls_stream_u32 *out, uint8_t n)
{
    uint8_t left = n;
    for (uint32_t k = 102;;) {
        hls_write(out, k);
        k -= 7;
        if (k <= 3)
            break;
        hls_write(out, left); /* or the two tests would be one */
        if (left-- == 0)
            break;
    }
    left = n;
    for (int8_t k = 5;;) {
        hls_write(out, (uint8_t)k);
        k += 7;
        if (k >= 125)
            break;
        hls_write(out, left);
        if (left-- == 0)
            break;
    }
    left = n;
    for (uint8_t k = 250; k > 3; k -= 9) {
        HLS_PIPELINE(1);
        hls_write(out, k);
        if (left-- == 0)
            break;
    }
    int16_t i = 7;
    do {
        hls_write(out, (uint16_t)i);
        i -= 2;
    } while (i >= 0);
    uint8_t u = 12;
    while (u-- > 0)
        hls_write(out, u);
    for (int j = 9; j >= -4; j -= 3)
        hls_write(out, (uint32_t)j);
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 1, round < 4 ? 60 * round : rig_below(256));
}
#endif
