/* Functions that are handed on: to two others, which are handed on themselves, and as what is done at the end. */
#include "hls.h"

typedef uint32_t (*map)(uint32_t word);
typedef uint32_t (*fold)(map f, uint32_t word, uint32_t by);

static uint32_t inverse(uint32_t word)
{
    return ~word;
}

static uint32_t twice(uint32_t word)
{
    return word << 1;
}

static uint32_t first_map(map f, uint32_t word, uint32_t by)
{
    return f(word) + by;
}

static uint32_t last_map(map f, uint32_t word, uint32_t by)
{
    return f(word ^ by);
}

static uint32_t both(fold a, fold b, map f, uint32_t word)
{
    return a(f, word, 3) ^ b(f, word, 9);
}

static uint32_t either(uint32_t (*pair)(fold, fold, map, uint32_t), map f, uint32_t word)
{
    return word & 4 ? pair(first_map, last_map, f, word) : pair(last_map, first_map, f, word);
}

void functions(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 8; i++) {
        const uint32_t word = hls_read(in);
        hls_write(out, either(both, inverse, word));
        hls_write(out, either(both, twice, word));
        hls_write(out, first_map(twice, word, 1));
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
