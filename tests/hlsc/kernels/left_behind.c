/* A pipelined loop leaves its state behind: the last one in the register of the state, the one before in another. */
#include "hls.h"

void left_behind(hls_stream_u16 *in, hls_stream_u16 *out)
{
    uint16_t sum = 1;
    for (int n = 0; n < 8; n++) {
        uint16_t count = hls_read(in) & 15, before = sum, parity = 0;
        do {
            HLS_PIPELINE(1);
            before = sum;
            sum = (uint16_t)(3 * sum + hls_read(in));
            parity ^= sum & 1;
            count--;
        } while ((int16_t)count > 0);
        if (parity)
            hls_write(out, before);
        hls_write(out, sum);
        hls_write(out, count);
        if (n & 1)
            sum = (uint16_t)(sum + before);
    }
    hls_write(out, sum);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned n = 0; n < 8; n++) {
        const unsigned count = (3 * n + round) & 15;
        rig_send(k, 0, count);
        for (unsigned i = 0; i < (count ? count : 1); i++)
            rig_send(k, 0, rig_random());
    }
}
#endif
