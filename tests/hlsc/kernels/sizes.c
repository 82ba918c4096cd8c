/* Sizes, offsets and differences of pointers have 64 bits, and so has long, as where the source runs natively: what is computed of them
 * in 64 bits, or compared with integers of another sign. Members of 64 bits begin at multiples of 8 bytes. */
#include <string.h>

#include "hls.h"

enum { WORDS = 12 };
struct packet {
    uint8_t kind;
    int64_t stamp;
    uint16_t word[WORDS];
};
static struct packet packets[3];
static uint16_t line[WORDS], wide[300];

static size_t hash(const uint16_t *word, size_t n)
{
    size_t h = 14695981039346656037ul;
    for (size_t i = 0; i < n; i++)
        h = (h ^ word[i]) * 1099511628211ul;
    return h;
}

/* The last place of the word, or one before the first. */
static ptrdiff_t last_of(uint16_t word)
{
    const uint16_t *p = line + WORDS;
    while (p > line && p[-1] != word)
        p--;
    return p - line - 1;
}

void sizes(hls_stream_u64 *in, hls_stream_u64 *out)
{
    const size_t n = (size_t)hls_read(in) % (WORDS + 1), at = n % 3;
    for (size_t i = WORDS; i-- > 0;)
        line[i] = (uint16_t)hls_read(in);
    memcpy(packets[at].word, line, n * sizeof line[0]);
    packets[at].stamp -= (long)n;
    packets[at].kind += sizeof packets[0];
    hls_write(out, hash(packets[at].word, n));
    hls_write(out, (uint64_t)packets[at].stamp + packets[at].kind);
    const ptrdiff_t last = last_of(line[0] & 1 ? 4 : 7);
    const int32_t below = (int32_t)n - WORDS;
    hls_write(out, (uint64_t)last);
    hls_write(out, (uint64_t)(last < (ptrdiff_t)n) << 1 | ((size_t)below > sizeof line));
    hls_write(out, n - sizeof packets[0]);
    const int8_t from_middle = (int8_t)(line[1] % 11 - 5);
    (wide + 150)[from_middle] = line[1];
    hls_write(out, (line + 6)[from_middle] ^ wide[150 + (int)from_middle]);
    hls_write(out, 1l << (n + 30) | (long)offsetof(struct packet, word));
    hls_write(out, (uint64_t)__builtin_clzl(n + 1) + (sizeof(void *) == sizeof(uintptr_t)));
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_send(k, 0, round ? rig_random() : WORDS);
    for (unsigned i = 0; i < WORDS; i++)
        rig_send(k, 0, round % 4 ? rig_below(9) : rig_random());
}
#endif
