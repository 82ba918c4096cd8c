/* hlsc: --pipeline */
/* A loop in a nest that data decide whether it runs: the nest has no constant number of cycles. */
#include "hls.h"

static uint8_t tag[4] HLS_REGISTERS, age[4] HLS_REGISTERS;
static uint16_t line[4][4] HLS_PARTITION(1);

void cache(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 50; i++) {
        const uint32_t word = hls_read(in);
        const uint8_t wanted = word >> 4 & 7;
        int found = -1, oldest = 0;
        for (int k = 0; k < 4; k++) {
            if (tag[k] == wanted)
                found = k;
            if (age[k] > age[oldest])
                oldest = k;
        }
        if (found < 0) {
            found = oldest;
            tag[found] = wanted;
            for (int j = 0; j < 4; j++)
                line[found][j] = (uint16_t)(word >> j);
        }
        HLS_UNROLL
        for (int k = 0; k < 4; k++)
            if (age[k] < 255)
                age[k]++;
        age[found] = 0;
        hls_write(out, line[found][word & 3] | (uint32_t)found << 16);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 50; i++)
        rig_send(k, 0, rig_random());
}
#endif
