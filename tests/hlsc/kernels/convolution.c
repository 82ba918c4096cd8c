/* 3 x 3 convolution of a 16 x 16 image with zeros around it; the two inner loops are unrolled. */
#include "hls.h"

static uint8_t image[16 * 16] HLS_SINGLE_PORT;
static const int8_t kernel[3][3] = {{1, 2, 1}, {2, -12, 2}, {1, 2, 1}};

void convolution(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 256; i++) {
        HLS_PIPELINE(1);
        image[i] = (uint8_t)hls_read(in);
    }
    for (int y = 0; y < 16; y++) {
        HLS_FLATTEN;
        for (int x = 0; x < 16; x++) {
            HLS_PIPELINE(9);
            int32_t sum = 0;
            HLS_UNROLL
            for (int v = 0; v < 3; v++) {
                HLS_UNROLL
                for (int u = 0; u < 3; u++) {
                    const int r = y + v - 1, c = x + u - 1;
                    const bool there = r >= 0 && r < 16 && c >= 0 && c < 16;
                    const int pixel = image[(r & 15) * 16 + (c & 15)];
                    sum += there ? pixel * kernel[v][u] : 0;
                }
            }
            hls_write(out, (uint16_t)sum);
        }
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 256; i++)
        rig_send(k, 0, round == 0 ? i : rig_random());
}
#endif
