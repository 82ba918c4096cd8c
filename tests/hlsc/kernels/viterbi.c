/* Viterbi decoder of the (7, 5) code, four states: add, compare, select, then trace back. */
#include "hls.h"

static uint8_t decisions[256];

static inline uint8_t distance(uint8_t received, uint8_t expected)
{
    const uint8_t d = received ^ expected;
    return (d & 1) + (d >> 1 & 1);
}

void viterbi(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t n = hls_read(in) & 255;
    uint16_t metric[4];
    HLS_UNROLL
    for (int s = 0; s < 4; s++)
        metric[s] = s ? 1000 : 0;
    for (uint16_t t = 0; t < n; t++) {
        HLS_PIPELINE(1);
        const uint8_t r = hls_read(in) & 3;
        uint16_t next[4];
        uint8_t decision = 0;
        HLS_UNROLL
        for (int s = 0; s < 4; s++) {
            const int low = (s & 1) * 2, bit = s >> 1;
            const int e0 = ((bit ^ low >> 1 ^ (low & 1)) << 1) | (bit ^ (low & 1));
            const int e1 = e0 ^ 3;
            const uint16_t a = metric[low] + distance(r, (uint8_t)e0);
            const uint16_t b = metric[low + 1] + distance(r, (uint8_t)e1);
            next[s] = b < a ? b : a;
            decision |= (b < a) << s;
        }
        HLS_UNROLL
        for (int s = 0; s < 4; s++)
            metric[s] = next[s] & 0x7fff;
        decisions[t] = decision;
    }
    uint8_t state = 0;
    for (int s = 1; s < 4; s++)
        if (metric[s] < metric[state])
            state = (uint8_t)s;
    for (uint16_t t = n; t != 0; t--) {
        hls_write(out, state >> 1);
        state = (uint8_t)((state & 1) * 2 + (decisions[t - 1] >> state & 1));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = round * 25;
    rig_send(k, 0, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 0, rig_random());
}
#endif
