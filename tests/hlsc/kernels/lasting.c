/* Words of one memory that are alive together, through states that load others: they may not share a register. */
#include "hls.h"

static uint16_t table[16];

void lasting(hls_stream_u16 *in, hls_stream_u16 *out)
{
    for (int i = 0; i < 16; i++)
        table[i] = hls_read(in);
    for (int n = 0; n < 12; n++) {
        const uint16_t first = table[hls_read(in) & 15];
        if (first & 1)
            hls_write(out, first);
        const uint16_t second = table[first >> 4 & 15];
        if (second & 2)
            hls_write(out, second);
        const uint16_t third = table[(first ^ second) & 15];
        if (third & 4)
            hls_write(out, third);
        hls_write(out, (uint16_t)(first + 3 * second + 5 * third));
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
