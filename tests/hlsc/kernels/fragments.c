/* What programs do with members and rows by the way: moves within them, pointers over them, one of two of them. */
#include "hls.h"

#include <string.h>

struct record {
    uint16_t value[2];
    uint8_t count;
};

struct token {
    char text[8];
    uint8_t length;
};

struct node {
    uint16_t value;
    bool live;
};

static struct record records[8];
static struct token tokens[4];
static struct node left[4], right[4], nodes[16];
static char input[32];
static uint8_t low[16], high[16];
static int16_t banks[2][8] HLS_PARTITION(1), rows[6][3] HLS_PARTITION(1);

static uint32_t move_records(uint8_t w)
{
    records[w & 7].value[w >> 7] = w;
    records[w >> 5].count = 3;
    memmove(records + 1, records + (w & 3), 5 * sizeof *records);
    memmove(records[1].value + 1, records[1].value, sizeof records[1].value[0]);
    return records[2].count + records[3].value[1] * 16u + records[1].value[1];
}

static uint32_t copy_text(uint8_t w)
{
    input[w & 31] = (char)(w >> 1);
    memcpy(tokens[w & 3].text, input + (w & 7), w >> 5);
    tokens[w & 3].length = w >> 5;
    memmove(tokens[1].text + 2, tokens[1].text, 4);
    return (uint8_t)tokens[1].text[w & 7] + tokens[w >> 6].length * 256u;
}

static uint32_t walk_nodes(uint8_t w)
{
    uint32_t sum = 0;
    nodes[w & 15].value = w;
    nodes[w >> 4].live = true;
    for (struct node *n = nodes; n != nodes + 16; n++)
        if (n->live)
            sum = sum * 3 + n->value++;
    return sum;
}

static uint32_t choose(uint8_t w)
{
    struct node *one = w & 1 ? &left[w >> 1 & 3] : &right[w >> 3 & 3];
    one->value++;
    const struct node copy = w & 2 ? left[w >> 5 & 3] : right[w >> 6];
    uint8_t *current = w & 4 ? low : high;
    current[w & 15] = w;
    if (w & 8)
        memset(current, 0, 8);
    memmove(current + 1, current, 12);
    return copy.value + low[3] * 256u + high[9] * 65536u;
}

static uint32_t run_over_banks(uint8_t w)
{
    int16_t sum = 0;
    const int16_t *a = banks[1];
    banks[1][w & 7] = w;
    for (uint8_t n = 0; n < 8; n++)
        sum = (int16_t)((sum * 3 + *a++) & 0xfff);
    rows[w % 6][w & 1] = w;
    memmove(&rows[0][0] + w % 15, rows[0] + 2, (w & 3) * sizeof rows[0][0]);
    for (const int16_t *row = rows[5] + 2; row >= rows[0]; row--)
        sum = (int16_t)((sum * 3 + *row) & 0xfff);
    return (uint32_t)sum;
}

void fragments(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 12; i++) {
        const uint8_t w = (uint8_t)hls_read(in);
        hls_write(out, move_records(w));
        hls_write(out, copy_text(w));
        hls_write(out, walk_nodes(w));
        hls_write(out, choose(w));
        hls_write(out, run_over_banks(w));
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 12; i++)
        rig_send(k, 0, rig_random());
}
#endif
