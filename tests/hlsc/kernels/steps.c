/* A loop whose items take several iterations each: results wait in registers that are read in any stage, and the pipeline
 * starts anew at each of them. */
#include "hls.h"

#define DISTANCE 5
enum { SUM, PRODUCT = SUM + DISTANCE, LAST = PRODUCT + DISTANCE };

static const uint8_t table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 11};

void steps(hls_stream_u16 *in, hls_stream_u16 *out)
{
    const uint16_t n = hls_read(in); /* at least 1 */
    uint16_t item = 0, kept = (uint16_t)hls_any();
    uint8_t step = 0;
    for (uint16_t left = (uint16_t)((LAST + 1) * n); left != 0; left--) {
        HLS_PIPELINE(1);
        const uint16_t x = (uint16_t)hls_steady(item, DISTANCE, step == PRODUCT);
        const uint16_t sum = (uint16_t)hls_steady(kept, DISTANCE, step == PRODUCT);
        if (step == SUM)
            item = hls_read(in);
        const uint16_t looked_up = table[item & 15] * table[item >> 4 & 15];
        if (step == SUM)
            kept = (uint16_t)(looked_up + item);
        if (step == PRODUCT) {
            hls_write(out, (uint16_t)(sum * table[x & 15]));
        }
        step = step == LAST ? 0 : step + 1;
    }
    hls_write(out, kept);
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
