/* Pointers to a row in one of several arrays of banks, and one that moves over the rows. */
#include "hls.h"
static uint16_t a[4][8] HLS_PARTITION(1), b[4][8] HLS_PARTITION(1);
void rows(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 32; i++)
        a[i & 3][i >> 2] = (uint16_t)hls_read(in), b[i & 3][i >> 2] = (uint16_t)i;
    uint32_t w = hls_read(in);
    const uint16_t *row = a[w & 3];
    if (w & 16)
        row = b[w >> 8 & 3];
    uint32_t s = 0;
    for (int i = 0; i < 8; i++)
        s = s * 3 + row[i];
    const uint16_t *p = &a[0][0];
    while (p < &a[3][7]) {
        s ^= *p;
        p += 3;
    }
    hls_write(out, s);
}
#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 33; i++)
        rig_send(k, 0, rig_random());
}
#endif
