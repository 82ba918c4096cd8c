/* Pointers that move over arrays. */
#include "hls.h"

struct pixel { uint8_t r; uint16_t g; uint8_t b; };

static uint16_t line[2][16];
static struct pixel image[8];
static uint8_t text[32];

static unsigned length_of(const uint8_t *s)
{
    const uint8_t *p = s;
    while (*p)
        p++;
    return p - s;
}

static uint16_t total(const uint16_t *from, const uint16_t *to)
{
    uint16_t sum = 0;
    while (from < to)
        sum += *from++;
    return sum;
}

uint32_t walk(const uint16_t in[HLS_SIZE(32)], uint16_t out[HLS_SIZE(32)], uint8_t n, uint8_t flag)
{
    const uint16_t *p = in;
    uint16_t *q = out;
    n &= 31;
    uint8_t count = n;
    while (count--)
        *q++ = (uint16_t)(*p++ + 1);
    uint16_t *w = flag & 1 ? line[1] : line[0];
    for (int i = 0; i < 16; i++)
        *w++ += in[i];
    const uint16_t *r = line[flag >> 1 & 1];
    uint32_t sum = total(r + 2, r + 2 + (n & 7));
    struct pixel *x = image, *end = image + (n & 7);
    for (; x != end; x++) {
        x->r += (uint8_t)in[2];
        x->g ^= x->r + n;
        x->b--;
    }
    for (x = image + 7; x >= image + (flag & 7); x--)
        sum = sum * 3 + x->g + x->b;
    uint8_t *t = text;
    for (p = in; *p & 3 && t - text < 31; p += 1 + (flag & 1))
        *t++ = (uint8_t)(*p | 1);
    *t = 0;
    return sum ^ length_of(text) << 20 ^ (uint32_t)(q - out) << 26;
}

#ifdef RIG

static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_put(k, 0, 31, rig_random() << 2); /* a word that ends the text */
    rig_put(k, 0, 30, rig_random() << 2);
}
#endif
