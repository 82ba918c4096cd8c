/* A loop whose items take six iterations each: results that a promise lets wait in registers, so that the pipeline starts
 * anew at each of them. */
#include "hls.h"

static const uint8_t table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 11};
static uint16_t kept[1] HLS_REGISTERS;

void steps(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t n = hls_read(in);
    uint16_t item = 0;
    uint8_t step = 0;
    for (uint16_t left = (uint16_t)(6 * n); left != 0; left--) {
        HLS_PIPELINE(1);
        HLS_DISTANCE(kept, 4);
        if (step == 0)
            item = hls_read(in);
        const uint16_t looked_up = table[item & 15] * table[item >> 4 & 15];
        if (step == 0)
            kept[0] = (uint16_t)(looked_up + item);
        if (step == 5) {
            const uint16_t v = kept[0];
            hls_write(out, (uint16_t)(v * table[v & 15]));
        }
        step = step == 5 ? 0 : step + 1;
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = 1 + 3 * round;
    rig_send(k, 0, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 0, rig_random());
}
#endif
