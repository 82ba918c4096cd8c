/* What a block reads late of words that came before, and what it decides by a word that it replaces. */
#include "hls.h"

void turns(hls_stream_u16 *in, hls_stream_u16 *out)
{
    static uint16_t last;
    while (hls_more(in)) {
        const uint16_t first = hls_read(in);
        for (uint16_t i = 0; i < (first & 7); i++)
            hls_write(out, i);
        const uint16_t second = hls_read(in);
        const uint16_t product = second * second;
        hls_write(out, (uint16_t)(product * product) ^ first);
        const bool was_zero = last == 0;
        last = second & 3;
        if (was_zero)
            for (uint16_t i = 0; i < (second & 7); i++)
                hls_write(out, i - 240);
        else
            for (uint16_t i = 0; i < (second & 15); i++)
                hls_write(out, i ^ second);
    }
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (unsigned i = 0; i < 24; i++)
        rig_send(k, 0, rig_random());
}
#endif
