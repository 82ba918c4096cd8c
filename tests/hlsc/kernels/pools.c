/* Pointers that run through the structs in a struct: a pool in which items are found and taken, one of several pools, and items that
 * have arrays themselves. */
#include "hls.h"

struct item {
    uint8_t id;
    uint16_t value;
};
static struct {
    uint8_t used;
    struct item items[6];
    uint32_t total;
} pool;

struct box {
    uint8_t lid, content[3];
};
static struct shelf {
    uint16_t sums;
    struct box boxes[4];
    struct item last, first;
} shelves[3];

static struct item *find(uint8_t id)
{
    for (struct item *i = pool.items; i < pool.items + pool.used; i++)
        if (i->id == id)
            return i;
    return NULL;
}

static void take(uint32_t word, hls_stream_u32 *out)
{
    struct item *const found = find(word & 7);
    if (found)
        found->value += (uint16_t)(word >> 8);
    else if (pool.used < 6)
        pool.items[pool.used++] = (struct item){word & 7, (uint16_t)(word >> 16)};
    else
        pool.used = word >> 3 & 3;
    for (const struct item *i = pool.items + 6; i-- != pool.items;)
        pool.total = pool.total * 3 + i->value + i->id;
    hls_write(out, pool.total);
    hls_write(out, found ? (uint32_t)(found - pool.items) : 99);
}

static void pack(uint32_t word, hls_stream_u32 *out)
{
    struct shelf *const shelf = &shelves[(word & 3) % 3];
    struct box *box = shelf->boxes;
    for (const struct box *end = box + 1 + (word >> 2 & 3); box < end; box++) {
        box->content[(word >> 4 & 3) % 3] ^= (uint8_t)(word >> 6);
        shelf->sums += box->lid++ + box->content[1];
    }
    struct item *item = word & 64 ? &shelf->last : &shelf->first;
    item->value += shelf->sums;
    hls_write(out, (uint32_t)(box - shelf->boxes) << 16 | shelf->sums);
    hls_write(out, (uint32_t)shelf->first.value << 16 | shelf->last.value);
}

void pools(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 8; i++) {
        const uint32_t word = hls_read(in);
        take(word, out);
        pack(word >> 9, out);
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
