/* Locals with initial values for some of their members and elements: the others are 0, in each iteration. */
#include <string.h>

#include "hls.h"

struct sample {
    uint64_t times[3];
    int32_t values[4];
    uint8_t flags[3], kind;
};
static struct {
    uint8_t word[2];
} nothing;

static uint32_t sum_of(const struct sample *s)
{
    uint32_t sum = s->kind;
    for (int i = 0; i < 3; i++)
        sum = sum * 31 + (uint32_t)s->times[i] + s->flags[i];
    for (int i = 0; i < 4; i++)
        sum = sum * 31 + (uint32_t)s->values[i];
    return sum;
}

void begun(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 8; i++) {
        const uint32_t word = hls_read(in);
        struct sample samples[2] = {{.times = {word, 2}}, {.values = {3, 1}, .kind = 7}};
        uint8_t bytes[2] = {(uint8_t)word};
        samples[word & 1].values[word >> 1 & 3] += 9;
        samples[word >> 3 & 1].times[2] ^= word >> 4;
        samples[word >> 4 & 1].flags[(word >> 5) % 3]++;
        bytes[word >> 8 & 1] |= word >> 9 & 1;
        hls_write(out, sum_of(&samples[0]) ^ sum_of(&samples[1]) * 5);
        hls_write(out, memcmp(bytes, nothing.word, 2) < 0);
        hls_write(out, memcmp(bytes, nothing.word, 2) > 0);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    for (int i = 0; i < 8; i++)
        rig_send(k, 0, round & 1 ? rig_random() : rig_random() & ~0x3ffu);
}
#endif
