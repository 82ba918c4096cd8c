/* Structs whose neighbours are reached from where a pointer is: records kept in order by `*q = q[-1]` and `*q = q[1]`, and the
 * children of a node moved up and down by one or two; two keys side by side, of which each byte is made of one before it. */
#include <string.h>

#include "hls.h"

enum { RECORDS = 8, KIDS = 6 };
static struct record {
    uint32_t key;
    uint16_t count[2];
    uint8_t flags;
    uint32_t sum;
} records[RECORDS];
static uint8_t used;

static struct node {
    uint8_t n;
    uint16_t kid[KIDS];
    uint8_t key[KIDS];
} nodes[4];

static struct record *lower_bound(struct record *low, struct record *high, uint32_t key)
{
    while (low < high) {
        struct record *const middle = low + (high - low) / 2;
        if (middle->key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void drop(struct record *at)
{
    used--;
    for (struct record *q = at; q < records + used; q++)
        *q = q[1];
}

static void insert(struct record *at, uint32_t word)
{
    for (struct record *q = records + used; q > at; q--)
        *q = q[-1];
    *at = (struct record){.key = word & 15, .count = {(uint16_t)word}, .sum = ~word};
    used++;
}

static void keep_record(uint32_t word, hls_stream_u32 *out)
{
    struct record *const at = lower_bound(records, records + used, word & 15);
    if (at == records + used || at->key != (word & 15)) {
        if (used < RECORDS)
            insert(at, word);
    } else if (word & 0x100) {
        drop(at);
    } else {
        at->count[word >> 9 & 1]++;
        at->flags ^= (uint8_t)(word >> 10);
        at->sum += word;
    }
    hls_write(out, (uint32_t)(at - records) << 8 | used);
    for (const struct record *q = records; q - records < used; q++)
        hls_write(out, q->key + q->count[0] * 3u + q->count[1] * 5u + q->flags + q->sum);
}

static void keep_kid(uint32_t word, hls_stream_u32 *out)
{
    struct node *const q = &nodes[word & 3];
    const uint8_t key = word >> 2 & 15;
    if (q->n < KIDS) {
        uint8_t i = 0;
        while (i < q->n && q->key[i] < key)
            i++;
        memmove(q->key + i + 1, q->key + i, q->n - i);
        for (uint8_t j = q->n; j > i; j--)
            q->kid[j] = q->kid[j - 1];
        q->key[i] = key;
        q->kid[i] = (uint16_t)(word >> 8);
        q->n++;
    } else {
        const uint32_t i = word >> 4 & 1;
        memmove(q->kid + i + 1, q->kid + i, 2 * sizeof q->kid[0]);
        memmove(q->key + (word >> 4 & 3), q->key + (word >> 4 & 3) + 1, 2);
        q->n -= word >> 9 & 3;
    }
    for (int i = 0; i < KIDS; i++)
        hls_write(out, (uint32_t)q->kid[i] << 8 | q->key[i]);
}

static struct {
    uint8_t here[8], there[8];
} keys[2];

static void mix_key(uint8_t *key)
{
    for (uint8_t i = 4; i < 8; i += 2) {
        key[i] ^= key[i - 4];
        key[i + 1] += key[i - 3];
    }
    for (int i = 1; i < 8; i++)
        key[i] += key[i - 1];
}

static void keep_keys(uint32_t word, hls_stream_u32 *out)
{
    const uint32_t k = word & 1;
    keys[k].here[word >> 1 & 7] ^= (uint8_t)(word >> 8);
    keys[k].there[word >> 4 & 7] += (uint8_t)(word >> 16);
    mix_key(keys[k].here);
    mix_key(keys[k].there);
    for (int i = 0; i < 8; i++)
        hls_write(out, (uint32_t)keys[k].here[i] << 8 | keys[k].there[i]);
}

void siblings(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 8; i++) {
        const uint32_t word = hls_read(in);
        keep_record(word, out);
        keep_kid(word >> 7, out);
        keep_keys(word >> 3, out);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 8; i++)
        rig_send(k, 0, rig_random());
}
#endif
