/* Pointers that run through the arrays of structs: names in a table, compared and copied letter by letter; samples from either
 * end; one of two members. */
#include "hls.h"

struct symbol {
    char name[6];
    int16_t value;
};
static struct symbol table[8] = {{"one", 1}, {"three", 3}, {"two", 2}};
static uint8_t count = 3;

static struct channel {
    struct {
        uint8_t gain;
        int16_t sample[5];
    } side[2];
    uint8_t front[4];
    uint16_t level;
    uint8_t back[4];
} channels[3];

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static uint8_t length(const char *text)
{
    const char *at = text;
    while (*at)
        at++;
    return (uint8_t)(at - text);
}

static void copy(char *to, const char *from)
{
    while ((*to++ = *from++))
        ;
}

static uint8_t find(const char *name)
{
    uint8_t i = 0;
    while (i < count && !equal(table[i].name, name))
        i++;
    return i;
}

static void names(hls_stream_u32 *in, hls_stream_u32 *out)
{
    char name[6];
    const uint32_t word = hls_read(in);
    for (int i = 0; i < 3; i++)
        name[i] = (char)('a' + (word >> 2 * i & 1));
    name[word >> 8 & 3] = 0;
    name[3] = 0;
    const uint8_t i = find(name);
    if (i == count && count < 8) {
        copy(table[count].name, name);
        table[count++].value = (int16_t)word;
    }
    hls_write(out, (uint32_t)(i << 8 | length(table[word >> 16 & 7].name)));
    hls_write(out, (uint32_t)table[i & 7].value);
}

static int32_t sum(const int16_t *first, const int16_t *end)
{
    int32_t total = 0;
    for (; first != end; first++)
        total = total * 3 + *first;
    return total;
}

static void samples(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    struct channel *c = &channels[word % 3];
    int16_t *sample = c->side[word >> 2 & 1].sample;
    for (int16_t *at = sample + 4; at > sample; at--)
        *at = at[-1];
    *sample = (int16_t)(word >> 16);
    uint8_t *turn = word & 8 ? c->front : c->back;
    for (int i = 0; i < 4; i++)
        *turn++ ^= (uint8_t)(word >> i);
    hls_write(out, (uint32_t)sum(sample, sample + 5));
    hls_write(out, (uint32_t)sum(channels[0].side[1].sample + 1, channels[0].side[1].sample + 3));
    hls_write(out, c->front[1] | c->back[3] << 8 | (uint32_t)c->side[0].gain++ << 16);
}

/* The end of an array is where the next begins. */
static struct line {
    uint16_t head[4], tail[4], sum;
} line = {{1, 2, 3, 4}, {5, 6, 7, 8}, 9}, lines[3];

static void ends(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    for (uint16_t *at = line.head; at != line.head + 4; at++) {
        line.sum = (uint16_t)(line.sum * 3 + *at);
        *at ^= (uint16_t)word;
    }
    uint32_t total = line.sum;
    for (uint16_t *at = lines[1].head + 4; at != lines[1].head;)
        total = total * 3 + *--at;
    struct line *some = &lines[word % 3];
    for (uint16_t *at = some->head, *end = some->head + 4; at != end; at++)
        *at += (uint16_t)total;
    uint16_t *at = lines[2].tail;
    while (at < lines[2].tail + 4 && *at < 300)
        at++;
    const uint16_t *either = word & 2 ? line.head : lines[0].tail;
    hls_write(out, either == line.head);
    for (int i = 0; i < 4; i++)
        total = total * 3 + *either++;
    hls_write(out, total);
    hls_write(out, (uint32_t)(at - lines[2].tail));
    lines[word >> 4 & 1 ? 0 : 2].tail[word >> 5 & 3] = (uint16_t)(word >> 8 & 1023);
}

/* Indices that are not negative stay in the array that begins there. */
static void shift(uint16_t *delay, uint16_t newest)
{
    for (int i = 3; i > 0; i--)
        delay[i] = delay[i - 1];
    delay[0] = newest;
}

/* The end of one is the address of the next, whoever asks for it: of two lines chosen at run time. */
static uint32_t both_ends(struct line *l, uint32_t word)
{
    uint32_t total = 0;
    shift(l->tail, (uint16_t)word);
    for (uint16_t *at = l->head; at != l->head + 4; at++)
        total = total * 3 + *at;
    for (uint16_t *at = l->tail; at != l->tail + 4; at++)
        *at ^= (uint16_t)total;
    l->sum = (uint16_t)(l->sum + l->tail[0] + (l->tail + 4)[-1]);
    for (uint16_t *at = l->tail + 4; at != l->tail;)
        total = total * 3 + *--at;
    return total + l->sum;
}

void symbols(hls_stream_u32 *in, hls_stream_u32 *out)
{
    names(in, out);
    samples(in, out);
    ends(in, out);
    const uint32_t word = hls_read(in);
    hls_write(out, both_ends(&lines[word & 1], word >> 1));
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 4; i++)
        rig_send(k, 0, rig_random());
}
#endif
