/* Bit fields that are written one by one, before all of their word is: what it began with is any number, not none. */
#include "hls.h"
struct part {
    uint32_t m0a : 10;
    uint32_t m0b : 6;
    uint32_t m0_;
    uint16_t m1a : 6;
    uint16_t m1b : 5;
    uint16_t m1c : 5;
    uint8_t m1_;
    uint16_t m2a : 5;
    uint16_t m2b : 3;
    uint8_t m2_;
    uint16_t m3;
    uint32_t m4a : 4;
    uint32_t m4b : 4;
    uint32_t m4c : 3;
    uint32_t m4d : 5;
    uint32_t m4e : 11;
    uint8_t m4_;
};
static inline uint32_t sum_of(const struct part *p, uint32_t h)
{
    h = (h << 5 | h >> 27) + (uint32_t)p->m4b;
    h = (h << 5 | h >> 27) + (uint32_t)p->m4_;
    return h;
}
static struct part g0;
void first_bits(hls_stream_u32 *in, hls_stream_u32 *out)
{
    uint32_t r = hls_read(in), h;
    g0 = (struct part){.m0a = 1,
                       .m0b = (((uint32_t)g0.m2a + r) & 63),
                       .m1b = 1,
                       .m1c = r,
                       .m1_ = r >> 3,
                       .m2a = r,
                       .m2b = (uint16_t)((r ^ 3922742315u) & 7),
                       .m3 = (uint16_t)((uint32_t)g0.m0a + r),
                       .m4a = (uint32_t)(((uint32_t)g0.m4b + r) & 15),
                       .m4b = (uint32_t)((r ^ 3447489755u) & 15),
                       .m4c = r,
                       .m4d = r,
                       .m4e = r,
                       .m4_ = (uint8_t)((uint32_t)g0.m1b + r)};
    struct part l1 = g0;
    HLS_UNROLL
    for (unsigned k4 = 0; k4 < 5; k4++) {
        r = (r << 7 | r >> 25) * 5 + 39;
    }
    struct part l5[1] = {{.m1a = r,
                          .m1b = 1,
                          .m1c = r,
                          .m1_ = r >> 3,
                          .m2a = g0.m4c + r,
                          .m2_ = r * 5315u,
                          .m3 = r >> 3,
                          .m4a = r >> 0 & 15,
                          .m4b = 1,
                          .m4c = r,
                          .m4d = r}};
    for (int x = 0; x < 1; x++)
        r = sum_of(&l5[x], 0);
    hls_write(out, r);
}
#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
