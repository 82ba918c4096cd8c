/* Pointers that may be none: a search in one table, in one of two, and a pointer that is taken away. */
#include "hls.h"

#include <stddef.h>

struct entry {
    uint16_t key;
    uint8_t hits, more[2];
};

static struct entry first[8], second[8];
static uint16_t numbers[16];

static struct entry *find(struct entry *table, uint16_t key)
{
    for (int i = 0; i < 8; i++)
        if (table[i].key == key)
            return &table[i];
    return NULL;
}

static uint16_t *find_number(uint16_t number)
{
    for (int i = 0; i < 16; i++)
        if (numbers[i] == number)
            return &numbers[i];
    return NULL;
}

void absent(hls_stream_u32 *in, hls_stream_u32 *out)
{
    struct entry *last = NULL;
    for (uint8_t i = 0; i < 40; i++) {
        const uint32_t word = hls_read(in);
        const uint16_t key = 1 + (word & 15);
        struct entry *found = find(word & 0x100 ? first : second, key);
        if (!found && (word & 0x200)) {
            found = &first[word >> 10 & 7];
            found->key = key;
            found->hits = 0;
        }
        if (found) {
            found->hits++;
            found->more[word >> 13 & 1] ^= (uint8_t)(word >> 16);
            hls_write(out, found->hits + found->more[1] * 256u);
        }
        if (last != NULL && last == found)
            hls_write(out, 0xfeed);
        last = word & 0x4000 ? NULL : found;
        numbers[i & 15] = (uint16_t)(word >> 20 & 31);
        const uint16_t *number = find_number((uint16_t)(word >> 25 & 31));
        hls_write(out, number ? *number + i : 0xffffu);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 40; i++)
        rig_send(k, 0, rig_random());
}
#endif
