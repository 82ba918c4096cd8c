/* C = A B of 12 x 9 by 9 x 7, as three nested loops that become one. */
/* hlsc: --pipeline */
#include "hls.h"

void matmul(const int16_t a[HLS_SIZE(12 * 9)], const int16_t b[HLS_SIZE(9 * 7)], int32_t c[HLS_SIZE(12 * 7)])
{
    for (int i = 0; i < 12; i++)
        for (int j = 0; j < 7; j++) {
            int32_t sum = 0;
            for (int k = 0; k < 9; k++)
                sum += a[i * 9 + k] * b[k * 7 + j];
            c[i * 7 + j] = sum;
        }
}

#ifdef RIG
#define MOST_CYCLES (12 * 7 * 9 + 16)
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k;
    (void)round; /* random arrays and scalars */
}
#endif
