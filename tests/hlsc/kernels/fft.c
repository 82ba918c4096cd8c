/* In-place FFT of 32 complex numbers, 16-bit fixed point, each stage halved. */
/* hlsc: --pipeline */
#include "hls.h"

static const int16_t cosine[16] = {32767,  32137,  30273,  27245,  23170,  18204,  12539,  6393,
                                   0,      -6393,  -12539, -18204, -23170, -27245, -30273, -32137};
static const int16_t sine[16] = {0,     6393,  12539, 18204, 23170, 27245, 30273, 32137,
                                 32767, 32137, 30273, 27245, 23170, 18204, 12539, 6393};

void fft(int16_t re[HLS_SIZE(32)], int16_t im[HLS_SIZE(32)])
{
    for (int stage = 0; stage < 5; stage++)
        for (int i = 0; i < 16; i++) {
            const int half = 1 << stage, low = i & (half - 1);
            const int a = (i >> stage << (stage + 1)) + low, b = a + half;
            const int w = low << (4 - stage);
            const int32_t xr = (re[b & 31] * cosine[w & 15] + im[b & 31] * sine[w & 15]) >> 15;
            const int32_t xi = (im[b & 31] * cosine[w & 15] - re[b & 31] * sine[w & 15]) >> 15;
            const int32_t ar = re[a & 31], ai = im[a & 31];
            re[a & 31] = (int16_t)((ar + xr) >> 1);
            im[a & 31] = (int16_t)((ai + xi) >> 1);
            re[b & 31] = (int16_t)((ar - xr) >> 1);
            im[b & 31] = (int16_t)((ai - xi) >> 1);
        }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays and scalars */
}
#endif
