/* Array parameters that are copied, cleared and moved as a whole. */
#include "hls.h"

#include <string.h>

void mirror(const int16_t from[HLS_SIZE(16)], int16_t to[HLS_SIZE(16)], uint8_t marks[HLS_SIZE(16)])
{
    int16_t a[16];
    memcpy(a, from, sizeof a);
    for (int i = 0; i < 8; i++) {
        const int16_t word = a[i];
        a[i] = a[15 - i];
        a[15 - i] = word;
    }
    memcpy(to, a, sizeof a);
    memset(marks, 0, 16);
    marks[from[0] & 15] = 1;
    memmove(marks + 1, marks, 15);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k, (void)round;
}
#endif
