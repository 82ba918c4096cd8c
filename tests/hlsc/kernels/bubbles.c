/* An imperfect nest: something before, between and after two inner loops, one of which may be empty. */
#include "hls.h"

static int16_t row[32];

void bubbles(uint16_t rows, hls_stream_u16 *in, hls_stream_u32 *out)
{
    int32_t total = 0;
    for (uint16_t r = 0; r < (rows & 15); r++) {
        HLS_FLATTEN;
        int32_t sum = 0;
        const uint16_t n = r * 2u;
        for (uint16_t i = 0; i < n; i++)
            sum += row[i & 31] * (int16_t)(i - r);
        total ^= sum;
        for (uint16_t i = 0; i < 5; i++) {
            row[(r * 5u + i) & 31] = (int16_t)(total + i);
            if (sum & 1 && i == 3)
                break;
        }
        hls_write(out, (uint32_t)total);
    }
    hls_write(out, (uint32_t)total + hls_read(in));
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_set(k, 0, rig_random());
    rig_send(k, 1, rig_random());
}
#endif
