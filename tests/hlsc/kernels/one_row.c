/* Arrays of one row a bank: any index reaches any element, and what is written without one, in a block, in a loop, in a pipeline. */
#include "hls.h"

static uint16_t pair[2] HLS_PARTITION(1) = {7, 9};
static uint32_t five[5] HLS_PARTITION(1);
static int16_t row[1][4] HLS_PARTITION(2);
static uint32_t one[1];
static struct {
    uint32_t all;
    uint32_t low : 2, high : 30;
} fields[1] = {{.high = 3}};

void one_row(uint32_t n, uint32_t v, hls_stream_u32 *out)
{
    pair[n & 1] = (uint16_t)v;
    hls_write(out, (uint32_t)(pair[0] | pair[1] << 16));
    for (uint32_t i = 0; i < 5; i++)
        five[i] = v * i + n;
    const uint32_t at = n & 3;
    if (at < 3)
        five[at + 1] = v;
    hls_write(out, five[0] + five[1] * 3 + five[2] * 5 + five[3] * 7 + five[4] * 11);
    for (uint32_t i = 0; i < 6; i++) {
        HLS_PIPELINE(1);
        row[0][(i + n) & 3] = (int16_t)(v >> i);
    }
    one[0] += v;
    for (uint32_t i = 0; i < 1; i++)
        hls_write(out, one[i]);
    fields[0].low = v & 3;
    for (uint32_t i = 0; i < 1; i++)
        hls_write(out, fields[i].low + fields[i].high * 4u);
    hls_write(out, (uint32_t)(row[0][0] + row[0][1] * 3 + row[0][2] * 5 + row[0][n & 3] * 7));
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 0, round < 8 ? round : rig_random());
}
#endif
