/* Structs with arrays and structs in them, alone and in arrays, and arrays with banks in another dimension than the last. */
#include "hls.h"

struct point {
    int16_t x;
    uint8_t y;
};

struct filter {
    int16_t delay[4];
    uint8_t at;
    struct point last, trail[3];
    uint16_t sums[2][3];
};

static struct filter filters[2] = {{{1, 2, 3, 4}, 1, {5, 6}, {{7, 8}}, {{9}, {10, 11}}}, {.at = 3}};
static struct {
    uint8_t count;
    uint32_t bins[8];
} histogram = {3, {1, 2, 3}};
static uint16_t line[3][8] HLS_PARTITION(1);
static uint8_t cube[2][3][4] HLS_PARTITION(2);
static const int8_t weights[3][8] HLS_PARTITION(1) = {{1, -2, 3}, {4, 5, -6, 7}, {8, 9, 10, 11, 12, 13, -14, 15}};
static struct point pairs[2][4] HLS_PARTITION(1);

static int16_t filter_step(struct filter *f, int16_t word)
{
    f->delay[f->at] = word;
    f->at = (f->at + 1) % 4;
    int16_t sum = f->last.x;
    for (int i = 0; i < 4; i++)
        sum += (int16_t)(f->delay[i] * (i + 1));
    const int16_t *later = f->delay + 1;
    sum -= later[word & 1];
    f->trail[f->at % 3] = f->last;
    f->last.x = sum;
    f->last.y ^= (uint8_t)word;
    f->sums[f->at & 1][f->at % 3] += (uint16_t)word;
    return (int16_t)(sum + f->trail[2].x - f->trail[0].y + f->sums[1][2]);
}

void shapes(hls_stream_u16 *in, hls_stream_u32 *out, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++) {
        const uint16_t word = hls_read(in);
        hls_write(out, (uint16_t)filter_step(&filters[i & 1], (int16_t)word));
        histogram.bins[word & 7] += ++histogram.count;
        line[word % 3][i & 7] = word;
        cube[word & 1][(word >> 1) % 3][i & 3] = (uint8_t)word;
        pairs[i & 1][word & 3].x = (int16_t)(word - i);
        pairs[i & 1][word & 3].y = (uint8_t)(word >> 3);
    }
    for (uint8_t i = 0; i < 8; i++) {
        HLS_PIPELINE(1);
        hls_write(out, (uint32_t)(line[0][i] * weights[0][i] + line[1][i] * weights[1][i] +
                                  line[2][i] * weights[2][i]) ^
                           histogram.bins[i]);
    }
    for (uint8_t i = 0; i < 4; i++) {
        HLS_PIPELINE(1);
        hls_write(out, (uint32_t)(uint16_t)(pairs[0][i].x - pairs[1][i].x) << 16 |
                           (uint32_t)pairs[0][i].y << 8 | pairs[1][i].y);
    }
    for (uint8_t k = 0; k < 2; k++)
        for (uint8_t i = 0; i < 4; i++)
            hls_write(out, (uint32_t)cube[k][0][i] << 16 | (uint32_t)cube[k][1][i] << 8 | cube[k][2][i]);
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    const unsigned words = round * 3 % 40;
    rig_set(k, 2, words);
    for (unsigned i = 0; i < words; i++)
        rig_send(k, 0, rig_random());
}
#endif
