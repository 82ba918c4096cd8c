/* Statics and tables of structs whose initial values leave arrays and members out, and a table copied into a static. */
#include "hls.h"
struct cfg {
    uint8_t mode;
    uint16_t gains[16];
    struct {
        int8_t lo, hi;
    } lim[3];
};
static const struct cfg table[3] = {
    {1, {5, 6}, {{1, 2}}}, {2, {7}, {{3, 4}, {5, 6}, {7, 8}}}, {3, {0}, {{-1, -2}}}};
static struct cfg cur = {9, {1, 2, 3}, {{4, 5}}};
void settings(hls_stream_u32 *in, hls_stream_u32 *out)
{
    uint32_t w = hls_read(in);
    uint32_t s = cur.mode;
    for (int i = 0; i < 16; i++)
        s = s * 3 + cur.gains[i];
    for (int i = 0; i < 3; i++)
        s += (uint32_t)(cur.lim[i].lo * cur.lim[i].hi);
    hls_write(out, s);
    cur = table[w % 3];
    cur.gains[w >> 4 & 15] = (uint16_t)w;
    for (int i = 0; i < 3; i++)
        s += (uint32_t)(table[(w >> 8) % 3].lim[i].hi);
    hls_write(out, s);
}
#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
