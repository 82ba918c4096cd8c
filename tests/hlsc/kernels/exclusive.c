/* Stores that exclude each other, of words that are known at different times; counters that go down, one of them below zero. */
#include "hls.h"

static uint16_t stored[64];
static uint16_t table[256];

void exclusive(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 256; i++)
        table[i] = hls_read(in);
    for (int i = 63; i >= 0; i--) {
        HLS_PIPELINE(1);
        const uint16_t x = hls_read(in);
        if (x & 1)
            stored[i] = x;
        else
            stored[63 - i] = table[x >> 8];
    }
    for (int i = 0; i < 64; i++)
        hls_write(out, stored[i]);
    for (int i = 0; i < 30; i++) { /* a third access between two that exclude each other */
        HLS_PIPELINE(5);
        const uint16_t x = hls_read(in);
        if (x & 1)
            stored[x >> 12] = 1;
        stored[x >> 8 & 15] = x;
        if (!(x & 1))
            stored[x >> 4 & 15] = 3;
        if (x & 2)
            hls_write(out, 1);
        hls_write(out, stored[x >> 1 & 15]);
        if (!(x & 2))
            hls_write(out, 4);
    }
    for (int8_t k = 100;; k -= 3) {
        hls_write(out, (uint16_t)k);
        if (k <= 0)
            break;
    }
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (unsigned i = 0; i < 256 + 64 + 30; i++)
        rig_send(k, 0, rig_random());
}
#endif
