/* A block with many ways out, the default's condition known after all others: it is the way that is left. All of the period is
 * used, so that it is late. */
/* hlsc: --clock-uncertainty 0 */
#include "hls.h"

void ways_out(hls_stream_u16 *in, hls_stream_u16 *out)
{
    uint16_t errors = 0, loaded = 7;
    for (uint16_t n = hls_read(in); n != 0; n--) {
        const uint16_t w = hls_read(in);
        uint16_t r;
        switch (w & 31) {
        case 0: r = 24285; break;
        case 1: r = 3; break;
        case 2: r = loaded; break;
        case 3: r = 77; break;
        case 4: r = 16; break;
        case 5: r = 16384; break;
        case 6: r = (uint16_t)(errors + loaded); break;
        case 8: r = 1024; break;
        case 9: r = 99; break;
        case 10: r = w; break;
        case 11: r = 6; break;
        case 13: r = 513; break;
        case 14: r = 2; break;
        case 15: r = (uint16_t)(w ^ loaded); break;
        case 17: r = 4000; break;
        default: r = errors; errors++; break;
        }
        loaded = (uint16_t)(loaded + r);
        hls_write(out, r);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned n = round ? rig_below(80) : 32;
    rig_send(k, 0, n);
    for (unsigned i = 0; i < n; i++)
        rig_send(k, 0, round ? rig_random() : i);
}
#endif
