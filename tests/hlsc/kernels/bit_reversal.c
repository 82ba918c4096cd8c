/* Bit reversal of an array's order, in place, and of the bits of its elements. */
/* hlsc: --pipeline */
#include "hls.h"

static inline uint32_t reverse(uint32_t v, int bits)
{
    uint32_t r = 0;
    HLS_UNROLL
    for (int i = 0; i < 32; i++)
        if (i < bits)
            r |= (v >> i & 1) << (bits - 1 - i);
    return r;
}

void bit_reversal(uint32_t a[HLS_SIZE(64)])
{
    for (uint32_t i = 0; i < 64; i++) {
        const uint32_t j = reverse(i, 6);
        const uint32_t x = a[i], y = a[j];
        if (j >= i) {
            a[i] = reverse(y, 32);
            a[j] = reverse(x, 32);
        }
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays and scalars */
}
#endif
