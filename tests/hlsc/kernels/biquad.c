/* IIR filter, direct form I, Q14 coefficients: the feedback is a recurrence through two products. */
#include "hls.h"

void biquad(hls_stream_u16 *in, hls_stream_u16 *out)
{
    static int16_t x1, x2, y1, y2;
    const uint16_t n = hls_read(in);
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(3);
        const int16_t x = (int16_t)hls_read(in);
        const int32_t sum = 1000 * x + 2000 * x1 + 1000 * x2 + 20000 * y1 - 9000 * y2;
        const int32_t y = sum >> 14;
        x2 = x1;
        x1 = x;
        y2 = y1;
        y1 = y > 32767 ? 32767 : y < -32768 ? -32768 : (int16_t)y;
        hls_write(out, (uint16_t)y1);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = 20 + 10 * round;
    rig_send(k, 0, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 0, rig_random());
}
#endif
