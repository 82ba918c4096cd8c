/* In place through an array parameter: each element is the sum of itself and what was stored before it. */
#include "hls.h"

void memory_scan(int32_t a[HLS_SIZE(128)], uint8_t n)
{
    for (uint8_t i = 1; i < (n & 127); i++) {
        HLS_PIPELINE(3);
        a[i] = a[i] + a[i - 1];
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays and scalars */
}
#endif
