/* Insertion sort in place: nested loops whose inner one ends by data. */
/* hlsc: --pipeline */
#include "hls.h"

void insertion_sort(int32_t a[HLS_SIZE(64)], uint8_t n)
{
    for (int i = 1; i < (n & 63); i++) {
        const int32_t v = a[i];
        int j = i;
        while (j > 0 && a[j - 1] > v) {
            a[j] = a[j - 1];
            j--;
        }
        a[j] = v;
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 1, round < 3 ? round : 20 + rig_below(40));
}
#endif
