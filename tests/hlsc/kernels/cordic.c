/* CORDIC rotation: sine and cosine of an angle, 14 unrolled steps in a pipeline. */
#include "hls.h"

static const int16_t angles[14] = {8192, 4836, 2555, 1297, 651, 326, 163, 81, 41, 20, 10, 5, 3, 1};

void cordic(hls_stream_u16 *in, hls_stream_u32 *out)
{
    while (hls_more(in)) {
        HLS_PIPELINE(1);
        const int16_t angle = (int16_t)hls_read(in);
        int32_t x = 19898, y = 0, z = angle >> 1;
        HLS_UNROLL
        for (int i = 0; i < 14; i++) {
            const int32_t dx = x >> i, dy = y >> i;
            const bool up = z >= 0;
            x = up ? x - dy : x + dy;
            y = up ? y + dx : y - dx;
            z = up ? z - angles[i] : z + angles[i];
        }
        hls_write(out, (uint32_t)(uint16_t)x << 16 | (uint16_t)y);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 50 + round; i++)
        rig_send(k, 0, rig_random());
}
#endif
