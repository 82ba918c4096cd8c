/* Banks that are read where the data say, and pointers that run over the end of their row, on into another bank. */
#include "hls.h"

static uint32_t flat[4][8] HLS_PARTITION(1);
static uint16_t rows[3][10] HLS_PARTITION(1);
static int8_t cube[2][3][5] HLS_PARTITION(1);
static uint16_t last[8][5] HLS_PARTITION(2);
static const uint8_t roots[2][3] HLS_PARTITION(2) = {{2, 3, 5}, {7, 11, 13}};
static struct {
    uint8_t key;
    int16_t value;
} pairs[2][4] HLS_PARTITION(1);

static uint16_t sum_row(const uint16_t *row, uint32_t first)
{
    uint16_t sum = 0;
    for (int i = 0; i < 10; i++) {
        HLS_PIPELINE(1);
        sum += row[i];
    }
    return sum + row[first];
}

static void fill(hls_stream_u32 *in)
{
    uint32_t *p = &flat[0][0];
    int8_t *q = &cube[0][0][0];
    for (int i = 0; i < 32; i++)
        p[i] = hls_read(in);
    for (int i = 0; i < 30; i++)
        q[i] = (int8_t)hls_read(in);
    for (int i = 0; i < 10; i++) {
        HLS_PIPELINE(1);
        const uint32_t word = hls_read(in);
        rows[0][i] = (uint16_t)word;
        rows[1][i] = (uint16_t)(word >> 16);
        rows[2][i] = (uint16_t)(word >> 8);
    }
}

static void read_flat(hls_stream_u32 *out)
{
    const uint16_t *end = &rows[2][9];
    for (int k = 0; k < 8; k++) {
        uint32_t sum = 0;
        HLS_UNROLL
        for (int i = 0; i < 4; i++)
            sum += flat[i][k];
        hls_write(out, sum);
    }
    for (int i = 0; i < 30; i++)
        hls_write(out, end[-i]);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 5; j++)
            hls_write(out, (uint32_t)(cube[0][i][j] * 3 + cube[1][i][j]));
}

void banks(hls_stream_u32 *in, hls_stream_u32 *out)
{
    fill(in);
    read_flat(out);
    for (int i = 0; i < 12; i++) {
        HLS_PIPELINE(1);
        const uint32_t word = hls_read(in);
        last[word & 7][(word >> 3) % 5] = (uint16_t)(word >> 16);
        pairs[word >> 6 & 1][word & 3].key = (uint8_t)word;
        pairs[word >> 6 & 1][word & 3].value = (int16_t)(word >> 7);
        hls_write(out,
                  last[word >> 8 & 7][(word >> 11) % 5] * roots[word >> 16 & 1][(word >> 17) % 3] +
                      pairs[word >> 19 & 1][word >> 20 & 3].key * pairs[0][word >> 22 & 3].value +
                      cube[word & 1][(word >> 1) % 3][(word >> 3) % 5] +
                      flat[word >> 7 & 3][word >> 9 & 7]);
    }
    for (int i = 0; i < 3; i++) {
        const uint32_t first = hls_read(in);
        hls_write(out, sum_row(rows[0], first % 30));
        hls_write(out, sum_row(rows[i], first % 10));
        hls_write(out, *(flat[3] + 1 - first % 16));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 32 + 30 + 10 + 12 + 3; i++)
        rig_send(k, 0, rig_random());
}
#endif
