/* Local structs that fit into a word and have arrays in them: cleared, copied, chosen, passed by value. */
#include "hls.h"

struct four {
    uint8_t first, rest[3];
};
struct eight {
    uint8_t first, rest[7];
};
struct halves {
    uint16_t half[2];
};
static struct four kept[4];

static uint32_t keep(struct four x, uint32_t at)
{
    if (x.first > 100)
        return 7;
    kept[at & 3] = x;
    return x.rest[at % 3];
}

void pocket(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    struct four four = {0};
    struct eight eight = {0};
    struct halves now = {{1, 2}}, next = now;
    four.rest[word % 3] = (uint8_t)(word >> 8);
    four.first = (uint8_t)(word >> 12);
    eight.rest[word % 7] = (uint8_t)(word >> 16);
    next.half[word >> 3 & 1] = (uint16_t)word;
    if (word & 16)
        now = next;
    hls_write(out, four.rest[0] + four.rest[1] * 3u + four.rest[2] * 5u + eight.rest[6] * 7u +
                       eight.rest[1] * 9u);
    hls_write(out, keep(four, word & 255) + kept[1].rest[1] + now.half[0] * 3u + now.half[1]);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
