/* Run-length coding of a stream of bytes: pairs of count and value. */
#include "hls.h"

void run_length(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t n = hls_read(in);
    uint16_t count = 0;
    uint8_t value = 0;
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(1);
        const uint8_t v = (uint8_t)hls_read(in);
        const bool ends = count != 0 && (v != value || count == 255);
        if (ends)
            hls_write(out, (uint16_t)(count << 8 | value));
        count = ends ? 1 : count + 1;
        value = v;
    }
    if (count)
        hls_write(out, (uint16_t)(count << 8 | value));
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = round == 0 ? 0 : round == 1 ? 600 : 150;
    rig_send(k, 0, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 0, round == 1 ? 5 : rig_below(round));
}
#endif
