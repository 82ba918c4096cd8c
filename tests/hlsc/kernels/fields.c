/* Fields packed into a word by hand and as bit fields, with initial values, kept, and asked for one by one. */
#include "hls.h"

struct header {
    uint32_t version : 4, length : 4, service : 8;
    int32_t offset : 12;
    uint32_t last : 1;
};
static struct header before = {4, 5, 6, -700, 1};
static const struct {
    uint16_t code : 4, weight : 7;
} codes[4] = {{1, 70}, {2, 127}, {3, 3}, {15, 64}};
static uint32_t word_before;

void fields(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    struct header h;
    h.version = word & 15;
    h.length = word >> 4 & 15;
    h.service = word >> 8 & 255;
    h.offset = (int32_t)(word >> 16 & 0xfff);
    h.last = word >> 31;
    hls_write(out, (uint32_t)(h.offset * 3 + before.service + before.length * 7 + before.offset));
    hls_write(out, before.last ? 1000 : 0);
    hls_write(out, word_before & 0x10000000 ? 1000 : 0);
    before = h;
    word_before = (word & 0x0fffffff) | (word >> 3 & 0x10000000);
    struct {
        unsigned low : 3, high : 16;
    } turns[2] = {{1, 700}, {2, 9}};
    turns[word & 1].low = word >> 1 & 7;
    hls_write(out, (uint32_t)(turns[word >> 4 & 1].low | turns[word >> 5 & 1].high << 3) |
                       (uint32_t)(codes[word >> 6 & 3].code + codes[word >> 8 & 3].weight) << 20);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_send(k, 0, rig_random());
}
#endif
