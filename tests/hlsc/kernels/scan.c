/* In place: each element is stored, and the next iteration loads what the last ones stored. */
#include "hls.h"

static int32_t line[128];
static int16_t chain[8] HLS_REGISTERS;

static void prefix_sum(uint16_t n)
{
    int32_t sum = 0;
    for (uint16_t i = 0; i < n; i++) {
        HLS_PIPELINE(1); /* the store goes to the element that was loaded, never to a later one */
        sum += line[i];
        line[i] = sum;
    }
}

static void fibonacci(uint16_t n)
{
    for (uint16_t i = 2; i < n; i++) {
        HLS_PIPELINE(4);
        line[i] = line[i] + line[i - 1] - (line[i - 2] >> 1);
    }
}

void scan(hls_stream_u16 *in, hls_stream_u32 *out)
{
    while (hls_more(in)) {
        const uint16_t n = hls_read(in) & 127;
        for (uint16_t i = 0; i < n; i++) {
            HLS_PIPELINE(1);
            line[i] = (int16_t)hls_read(in);
        }
        fibonacci(n);
        prefix_sum(n);
        for (uint16_t i = 0; i < n; i++) { /* a shift chain of registers that outlives the call */
            HLS_PIPELINE(1);
            const int32_t v = line[i];
            HLS_UNROLL
            for (int k = 7; k > 0; k--)
                chain[k] = chain[k - 1];
            chain[0] = (int16_t)v;
            hls_write(out, (uint32_t)(v + chain[7] * 3));
        }
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (unsigned turn = 0; turn < 4; turn++) {
        const unsigned n = round == 0 ? turn : 1 + rig_below(127);
        rig_send(k, 0, n);
        for (unsigned i = 0; i < n; i++)
            rig_send(k, 0, rig_random());
    }
}
#endif
