/* Prefix sum of an array into another one; the length is a scalar. */
/* hlsc: --pipeline */
#include "hls.h"

int32_t prefix_sum(const int16_t in[HLS_SIZE(128)], int32_t out[HLS_SIZE(128)], uint8_t n)
{
    int32_t sum = 0;
    for (uint8_t i = 0; i < n; i++) {
        sum += in[i & 127];
        out[i & 127] = sum;
    }
    return sum;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 2, round == 0 ? 0 : rig_below(129));
}
#endif
