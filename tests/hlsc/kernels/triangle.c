/* A triangular, imperfect nest: the inner loop may not run at all, and statements stand on both sides of it. */
#include "hls.h"

int32_t triangle(const int16_t a[HLS_SIZE(32)], int32_t rows[HLS_SIZE(32)], uint8_t n)
{
    int32_t total = 0;
    for (int i = 0; i < (n & 31); i++) {
        HLS_FLATTEN;
        int32_t sum = i * 3;
        for (int j = 0; j < i; j++)
            sum += a[j] ^ i;
        if (sum & 1)
            total += sum;
        rows[i] = sum;
        for (int j = i; j < (n & 15); j += 2)
            total -= a[j];
    }
    return total;
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 2, round < 3 ? round : rig_random());
}
#endif
