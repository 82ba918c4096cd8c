/* What there is of the C library for bytes and letters: words that are compared, measured, searched and copied. */
#include <string.h>

#include "hls.h"

enum { WORDS = 4, LETTERS = 6 };
static char words[WORDS][LETTERS];
static const char known[WORDS][LETTERS] = {"", "ab", "abab", "bbbaa"};
static uint8_t bytes[16];

static uint32_t sign(int order)
{
    return order < 0 ? 2 : order > 0;
}

/* Of the letters a and b, 0 to 5 of them. */
static void spell(char *text, uint32_t word)
{
    const uint32_t n = (word & 7) % LETTERS;
    for (uint32_t i = 0; i < n; i++)
        text[i] = word >> (3 + i) & 1 ? 'b' : 'a';
    text[n] = 0;
}

static void compare(uint32_t word, hls_stream_u32 *out)
{
    char text[LETTERS];
    spell(text, word);
    const char *const first = strchr(text, 'b'), *const end = strchr(text, 0);
    hls_write(out, (uint32_t)(first ? first - text : 9) << 8 | (uint32_t)(end - text));
    for (int i = 0; i < WORDS; i++)
        hls_write(out, (uint32_t)strlen(words[i]) << 12 | sign(strcmp(text, words[i])) << 8 |
                           sign(strcmp(words[i], known[i])) << 4 |
                           sign(strncmp(text, known[i], word >> 9 & 3)));
    strcpy(words[word >> 11 & 3], text);
}

static void find(uint32_t word, hls_stream_u32 *out)
{
    bytes[word & 15] = word >> 4 & 3;
    const uint8_t *const at = (const uint8_t *)memchr(bytes, (int)(word >> 6 & 3), word >> 8 & 15);
    hls_write(out, at ? (uint32_t)(at - bytes) : 99);
    hls_write(out, sign(memcmp(bytes, bytes + (word >> 12 & 7), word >> 15 & 7)));
}

void c_strings(hls_stream_u32 *in, hls_stream_u32 *out)
{
    for (int i = 0; i < 6; i++) {
        const uint32_t word = hls_read(in);
        compare(word, out);
        find(word >> 13, out);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 6; i++)
        rig_send(k, 0, rig_random());
}
#endif
