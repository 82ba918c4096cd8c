/* Odd-even transposition network for eight numbers, a set of four words of two each cycle. */
#include "hls.h"

static inline void order(int16_t *a, int16_t *b)
{
    const int16_t low = *a < *b ? *a : *b, high = *a < *b ? *b : *a;
    *a = low;
    *b = high;
}

void sorting_network(hls_stream_u64 *in, hls_stream_u64 *out)
{
    while (hls_more(in)) {
        HLS_PIPELINE(2);
        const uint64_t first = hls_read(in);
        int16_t v[8];
        HLS_UNROLL
        for (int i = 0; i < 4; i++) {
            v[i] = (int16_t)(first >> 16 * i);
            v[i + 4] = (int16_t)(first >> 8 * i);
        }
        HLS_UNROLL
        for (int round = 0; round < 8; round++) {
            HLS_UNROLL
            for (int i = round & 1; i < 7; i += 2)
                order(&v[i], &v[i + 1]);
        }
        uint64_t low = 0, high = 0;
        HLS_UNROLL
        for (int i = 0; i < 4; i++) {
            low |= (uint64_t)(uint16_t)v[i] << 16 * i;
            high |= (uint64_t)(uint16_t)v[i + 4] << 16 * i;
        }
        hls_write(out, low);
        hls_write(out, high);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned i = 0; i < 30 + round; i++)
        rig_send(k, 0, (uint64_t)rig_random() << 32 | rig_random());
}
#endif
