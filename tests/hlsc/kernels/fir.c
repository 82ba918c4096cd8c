/* FIR filter with coefficients in registers and a rounding shift chosen at run time. */
/* hlsc: --multipliers 5 */
#include "hls.h"

enum { TAPS = 8 };
static int16_t taps[TAPS] HLS_REGISTERS = {100, -200, 300, 4000, 4000, 300, -200, 100};

static inline int16_t clamp(int32_t v)
{
    return v > 32767 ? 32767 : v < -32768 ? -32768 : (int16_t)v;
}

void fir(uint8_t shift, hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t n = hls_read(in);
    int16_t x[TAPS] = {0};
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        HLS_UNROLL
        for (int k = TAPS - 1; k > 0; k--)
            x[k] = x[k - 1];
        x[0] = (int16_t)hls_read(in);
        int64_t sum = 0;
        HLS_UNROLL
        for (int k = 0; k < TAPS; k++)
            sum += x[k] * taps[k];
        hls_write(out, (uint16_t)clamp((int32_t)(((hls_wrap(sum, 36) >> (shift & 15)) + 1) >> 1)));
    }
    taps[n & 7] = (int16_t)(taps[n & 7] + 1);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = round ? rig_below(100) : 0;
    rig_set(k, 0, rig_below(16));
    rig_send(k, 1, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 1, rig_random());
}
#endif
