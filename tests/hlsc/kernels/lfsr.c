/* Linear feedback shift register of 32 bits, n steps in place of a seed. */
#include "hls.h"

uint32_t lfsr(uint32_t seed, uint16_t n)
{
    uint32_t s = seed | 1;
    for (uint16_t i = 0; i < (n & 511); i++) {
        HLS_PIPELINE(1);
        s = s >> 1 ^ (s & 1 ? 0xa3000000 : 0);
    }
    return s;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays and scalars */
}
#endif
