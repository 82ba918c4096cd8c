/* Structs with arrays that a pointer chooses: two that change places, one by a condition, rows of an array; copied through pointers. */
#include "hls.h"
#include <string.h>
struct fir {
    int16_t c[4], x[4];
    uint8_t at;
    bool on;
};
static struct fir left = {{1, 2, 3, 4}, {0}, 0, true}, right = {{4, 3}, {1}, 2};
static struct fir bank[3];
static int32_t step(struct fir *f, int16_t in)
{
    f->x[f->at] = in;
    int32_t s = 0;
    for (int i = 0; i < 4; i++)
        s += f->c[i] * f->x[(f->at - i) & 3];
    f->at = (f->at + 1) & 3;
    return f->on ? s : -s;
}
void two_filters(hls_stream_u32 *in, hls_stream_u32 *out)
{
    struct fir *cur = &left, *other = &right;
    for (int i = 0; i < 12; i++) {
        uint32_t w = hls_read(in);
        if (w & 0x10000) {
            struct fir *t = cur;
            cur = other;
            other = t;
        }
        hls_write(out, (uint32_t)step(cur, (int16_t)w));
        if (w & 0x20000)
            hls_write(out, (uint32_t)step(w & 0x40000 ? &left : &right, 3));
        struct fir best = *other;
        hls_write(out, (uint32_t)(best.x[w & 3] + best.at));
        if ((w & 0x180000) == 0)
            *cur = best;
        struct fir *b = &bank[(w >> 24) % 3];
        *b = *cur;
        b->on ^= 1;
        hls_write(out, (uint32_t)step(&bank[(w >> 26) % 3], 5));
        if (cur == &left)
            hls_write(out, 77);
    }
}
#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 12; i++)
        rig_send(k, 0, rig_random());
}
#endif
