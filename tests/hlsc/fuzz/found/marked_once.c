/* hlsc: --pipeline */
/* A loop in a loop that becomes one and is then unrolled: nothing is left to pipeline. */
#include "hls.h"
static uint16_t a2[8] = {3, 22258, 45, 75, 77, 40, 6069, 13360};
static uint16_t a3[8];
static const uint16_t t0[11] = {2, 7, 207, 25253, 66, 26014, 9406, 22181, 8261, 9, 74};
void marked_once(hls_stream_u32 *in, hls_stream_u32 *out)
{
    uint32_t r = hls_read(in);
    a3[(r != 5 ? a2[r & 7] : t0[r % 11]) & 7] = 11;
    uint8_t w = 11;
    while (w) {
        w--;
        for (uint8_t i = 5; i-- > 0;) {
        }
    }
    for (int i = 0; i < 16; i++)
        hls_write(out, 1);
    for (int i = 0; i < 2; i++)
        hls_write(out, 11);
    for (int i = 0; i < 8; i++)
        hls_write(out, a3[i]);
}
#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
