/* hlsc: --clock-ns 40 */
/* A recurrent cell: MAC lanes, a drain that overlaps them, state fed back from memory under a
 * promise. One column of a block of LANES rows in an iteration; x arrives by reads that do not
 * wait. */
#include "hls.h"

enum { LANES = 4, ROWS = 64, DISTANCE = 16 };
static int8_t weights[1024][LANES] HLS_PARTITION(2);
static int16_t state[2 * ROWS];
static int16_t inputs[ROWS];
static const int16_t curve[16] = {0,     3900,  7500,  10600, 13100, 15000, 16300, 17200,
                                  17800, 18200, 18450, 18600, 18700, 18750, 18780, 18800};

static inline int16_t squash(int32_t v)
{
    const int32_t s = v > 65535 ? 65535 : v < -65536 ? -65536 : v;
    const uint32_t m = (uint32_t)(s < 0 ? ~s : s) & 0xffff;
    const int32_t y = curve[m >> 12];
    return (int16_t)(s < 0 ? -y : y);
}

static void load(hls_stream_u16 *in, uint16_t count)
{
    uint16_t lane = 0, column = 0;
    for (uint16_t n = 0; n < count; n++) {
        HLS_PIPELINE(1);
        const int8_t w = (int8_t)hls_read(in);
        HLS_UNROLL
        for (int k = 0; k < LANES; k++)
            if (k == lane)
                weights[column & 1023][k] = w;
        column = lane == LANES - 1 ? column + 1 : column;
        lane = (lane + 1) & (LANES - 1);
    }
}

static void step(hls_stream_u16 *in, hls_stream_u16 *out, uint16_t columns, uint16_t blocks,
                 uint16_t steps)
{
    int32_t sum[LANES] = {0}, done[LANES] = {0};
    uint16_t column = 0, block = 0, t = 0, word = 0, left = 0, row = 0, gap = 0;
    const uint16_t rows = blocks * LANES;
    bool half = false, running = true;
    do {
        HLS_PIPELINE(1);
        HLS_DISTANCE(state, DISTANCE);
        const bool macs = t != steps;
        const bool is_x = column < columns;
        const bool need = macs & is_x & (block == 0);
        const bool wait = (!is_x & (gap != 0)) | (need & hls_empty(in));
        const bool go = macs & !wait;
        int16_t x = 0;
        if (go & need)
            x = (int16_t)hls_read(in);
        const int16_t kept = inputs[column & (ROWS - 1)];
        if (go & need)
            inputs[column & (ROWS - 1)] = x;
        int16_t h = 0;
        if (go & !is_x)
            h = state[(half ? ROWS : 0) + ((column - columns) & (ROWS - 1))];
        const int16_t v = !is_x ? h : need ? x : kept;
        const bool last = go & (column == (uint16_t)(columns + rows - 1));
        const bool draining = left != 0;
        const int32_t finished = done[0];
        if (draining) {
            const int16_t y = squash(finished);
            state[(half ? 0 : ROWS) + (row & (ROWS - 1))] = y;
            hls_write(out, (uint16_t)y);
        }
        HLS_UNROLL
        for (int k = 0; k < LANES; k++) {
            const int32_t s = (column == 0 ? 0 : sum[k]) + weights[word & 1023][k] * v;
            sum[k] = go ? s : sum[k];
        }
        HLS_UNROLL
        for (int k = 0; k < LANES; k++)
            done[k] = last ? sum[k] : k + 1 < LANES ? done[k + 1] : 0;
        row = draining ? row + 1 : row;
        left = last ? LANES : draining ? left - 1 : 0;
        gap = gap != 0 ? gap - 1 : 0;
        if (go) {
            word++;
            column = last ? 0 : column + 1;
        }
        running = (t != steps) | (left != 0);
        if (last) {
            block++;
            if (block == blocks) {
                block = 0;
                word = 0;
                t++;
                gap = DISTANCE + LANES;
            }
        }
        if (row == rows && left == 0) { /* the step's state is complete */
            row = 0;
            half = !half;
        }
    } while (running);
}

void rnn(hls_stream_u16 *in, hls_stream_u16 *out)
{
    while (hls_more(in)) {
        const uint16_t columns = hls_read(in), blocks = hls_read(in), steps = hls_read(in);
        load(in, (uint16_t)(hls_read(in)));
        step(in, out, columns, blocks, steps);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned columns = 6 + rig_below(20), blocks = 1 + rig_below(5), steps = round ? 4 : 1;
    const unsigned count = (columns + blocks * 4) * blocks * 4;
    rig_send(k, 0, columns);
    rig_send(k, 0, blocks);
    rig_send(k, 0, steps);
    rig_send(k, 0, count);
    for (unsigned i = 0; i < count; i++)
        rig_send(k, 0, rig_random() & 255);
    for (unsigned i = 0; i < columns * steps; i++)
        rig_send(k, 0, (rig_random() & 4095) - 2048u);
}
#endif
