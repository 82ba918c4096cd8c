/* Integer square root, bit by bit, of a scalar; the result is returned. */
#include "hls.h"

uint16_t isqrt(uint32_t v)
{
    uint32_t root = 0, bit = 1u << 30;
    while (bit > v)
        bit >>= 2;
    while (bit != 0) {
        if (v >= root + bit) {
            v -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    return (uint16_t)root;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    static const uint32_t edges[] = {0, 1, 3, 4, 0xffffffff, 0xfffe0001, 0xfffe0000};
    rig_set(k, 0, round < 7 ? edges[round] : rig_random() >> rig_below(32));
}
#endif
