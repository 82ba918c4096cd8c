/* Linear interpolation in a table: two look-ups and a product in each cycle. */
#include "hls.h"

static const int16_t curve[33] = {0,     1608,  3212,  4808,  6393,  7962,  9512,  11039, 12539,
                                  14010, 15446, 16846, 18204, 19519, 20787, 22005, 23170, 24279,
                                  25329, 26319, 27245, 28105, 28898, 29621, 30273, 30852, 31356,
                                  31785, 32137, 32412, 32609, 32728, 32767};

void interpolation(hls_stream_u16 *in, hls_stream_u16 *out)
{
    while (hls_more(in)) {
        HLS_PIPELINE(1);
        const uint16_t x = hls_read(in);
        const uint16_t at = x >> 11, rest = x & 2047;
        const int32_t low = curve[at], high = curve[at + 1];
        hls_write(out, (uint16_t)(low + (((high - low) * rest + 1024) >> 11)));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 64; i++)
        rig_send(k, 0, round == 0 ? i * 1024 : rig_random());
}
#endif
