/* memmove within an array in either direction, copies and fills of a length known at run time, fills with any byte. */
#include "hls.h"

#include <string.h>

struct record {
    uint16_t id;
    uint8_t digit[3];
};

static struct table {
    struct record row[8];
    uint8_t rows;
} table;
static uint32_t words[16];
static uint8_t text[24], line[8];
static uint16_t bank[3][8] HLS_PARTITION(1), saved[3][8] HLS_PARTITION(1);

static void insert(struct table *t, uint8_t at, struct record r)
{
    memmove(&t->row[at + 1], &t->row[at], (7u - at) * sizeof t->row[0]);
    t->row[at] = r;
    t->rows += t->rows < 8;
}

static void take(struct table *t, uint8_t at)
{
    memmove(&t->row[at], &t->row[at + 1], (7u - at) * sizeof t->row[0]);
    memset(&t->row[7], 0, sizeof t->row[7]);
    t->rows--;
}

static void records(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 6; i++) {
        const uint32_t word = hls_read(in);
        const struct record r = {(uint16_t)word, {(uint8_t)(word >> 16), (uint8_t)(word >> 8), 3}};
        if ((word >> 24) % 3 == 0 && table.rows > 0)
            take(&table, word >> 26 & 7);
        else
            insert(&table, word >> 26 & 7, r);
        uint32_t sum = 0;
        for (int k = 0; k < 8; k++)
            sum = sum * 5 + table.row[k].id + table.row[k].digit[1] * 7u + table.row[k].digit[2];
        hls_write(out, sum);
    }
}

static void lengths(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 16; i++)
        words[i] = hls_read(in);
    for (int i = 0; i < 3; i++) {
        const uint32_t word = hls_read(in), from = word & 7, to = word >> 3 & 7, n = word >> 6 & 7;
        memmove(words + to, words + from, n * sizeof words[0]);
        memset(text + from, (int)(word >> 9), n + 1);
        memcpy(text + 16, text + to, n);
        for (int k = 0; k < 16; k++)
            hls_write(out, words[k] ^ text[k] ^ text[k + 8] * 256u);
    }
}

void moves(hls_stream_u32 *in, hls_stream_u32 *out)
{
    records(in, out);
    lengths(in, out);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 8; j++)
            bank[i][j] = (uint16_t)hls_read(in);
    memcpy(saved, bank, sizeof saved);
    memmove(bank[1], bank[0], 16 * sizeof bank[0][0]);
    for (int j = 0; j < 8; j++)
        hls_write(out,
                  saved[0][j] * 3u + saved[1][j] * 5u + saved[2][j] + bank[1][j] * 7u + bank[2][j]);
    for (int i = 0; i < 4; i++) {
        memmove(line + 1, line, 7);
        line[0] = (uint8_t)hls_read(in);
        hls_write(out, line[7] + line[1] * 256u + line[0] * 65536u);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 6 + 16 + 3 + 24 + 4; i++)
        rig_send(k, 0, rig_random());
}
#endif
