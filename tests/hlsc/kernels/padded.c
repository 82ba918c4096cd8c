/* Structs with padding before an array, that are copied as a whole through a local: swapped, passed and returned by value, moved by
 * memcpy; with arrays of one element, which are indexed. */
#include <string.h>

#include "hls.h"

struct pin {
    uint8_t level[1];
    uint16_t delay;
};
struct port {
    uint8_t number;
    struct pin pin[3];
    uint8_t flags[3];
    uint32_t count[1];
};
static struct port ports[2], spare;

static struct port same(struct port port)
{
    return port;
}

static void swap(struct port *a, struct port *b)
{
    const struct port kept = *a;
    *a = *b;
    *b = kept;
}

static void exchange(uint32_t word)
{
    struct port kept;
    if (word & 1) {
        kept = spare;
        spare = ports[1];
        ports[1] = kept;
    } else if (word & 2) {
        memcpy(&kept, &ports[0], sizeof kept);
        spare = kept;
    } else if (word & 4) {
        ports[0] = same(spare);
    } else {
        swap(&ports[word >> 3 & 1], &spare);
    }
}

static uint32_t sum_of(const struct port *p)
{
    uint32_t sum = p->number;
    for (int i = 0; i < 3; i++)
        sum = sum * 31 + p->pin[i].level[0] + p->pin[i].delay * 3u + p->flags[i];
    for (int i = 0; i < 1; i++)
        sum += p->count[i];
    return sum;
}

void padded(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 16; i++) {
        const uint32_t word = hls_read(in);
        struct port *const p = &ports[word >> 4 & 1];
        p->number++;
        p->pin[word % 3].level[0] ^= (uint8_t)(word >> 5);
        p->pin[word >> 6 & 1].delay += (uint16_t)(word >> 7);
        p->flags[(word >> 8) % 3] = (uint8_t)(word >> 9);
        p->count[0] += word;
        exchange(word >> 12);
        hls_write(out, sum_of(&ports[0]) ^ sum_of(&ports[1]) * 5 ^ sum_of(&spare) * 7);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 16; i++)
        rig_send(k, 0, rig_random());
}
#endif
