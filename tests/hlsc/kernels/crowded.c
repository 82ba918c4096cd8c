/* hlsc: -DSMALLEST=3 */
/* Loads under conditions that exclude each other, at one port: they may share a cycle, but not two cycles of one interval. */
#include "hls.h"

static int16_t a[16];
static const uint8_t table[16] = {3, 14, 9, 0, 7, 7, 1, 15, 2, 12, 4, 8, 6, 11, 5, 10};

void crowded(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 16; i++)
        a[i] = (int16_t)hls_read(in);
    uint16_t sum = 0;
    for (int i = 0; i < 12; i++) {
        HLS_PIPELINE(SMALLEST);
        const uint16_t v = hls_read(in);
        if (v & 1)
            sum += (uint16_t)(a[i] ^ a[v >> 1 & 15]);
        else
            sum -= (uint16_t)a[table[table[v >> 1 & 15] & 15] & 15];
        hls_write(out, sum);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 28; i++)
        rig_send(k, 0, rig_random());
}
#endif
