/* Buffers that change places, by pointers that run through them: merge sort of numbers and of records, passes of a filter, and
 * searches in one of two arrays, which may find none. */
#include "hls.h"

enum { N = 16 };
static int16_t values[N], others[N];
static struct record {
    uint8_t key;
    uint16_t place;
} records[N], sorted[N];

static void merge(const int16_t *p, const int16_t *q, int16_t *o, unsigned run)
{
    const int16_t *const p_end = p + run, *const q_end = q + run;
    while (p < p_end && q < q_end)
        *o++ = *q < *p ? *q++ : *p++;
    while (p < p_end)
        *o++ = *p++;
    while (q < q_end)
        *o++ = *q++;
}

static void sort(hls_stream_u32 *out)
{
    int16_t *from = values, *to = others;
    for (unsigned run = 1; run < N; run *= 2) {
        for (unsigned i = 0; i < N; i += 2 * run)
            merge(from + i, from + i + run, to + i, run);
        int16_t *const swap = from;
        from = to;
        to = swap;
    }
    for (const int16_t *v = from; v != from + N; v++)
        hls_write(out, (uint32_t)*v);
    hls_write(out, from == values);
}

/* By two passes, the even keys first; records with one key keep their order. */
static void sort_records(uint32_t word, hls_stream_u32 *out)
{
    struct record *from = records, *to = sorted;
    for (unsigned bit = 0; bit < 2 + (word & 1); bit++) {
        struct record *o = to;
        for (unsigned digit = 0; digit < 2; digit++)
            for (const struct record *r = from; r < from + N; r++)
                if ((r->key >> bit & 1) == digit)
                    *o++ = *r;
        hls_write(out, (uint32_t)(o - to));
        struct record *const swap = from;
        from = to;
        to = swap;
    }
    for (unsigned i = 0; i < N; i++)
        hls_write(out, (uint32_t)from[i].key << 16 | from[i].place);
}

/* From `end` back to `begin`. */
static const int16_t *find_last(const int16_t *begin, const int16_t *end, int16_t wanted)
{
    while (end != begin)
        if (*--end == wanted)
            return end;
    return 0;
}

static void search(uint32_t word, hls_stream_u32 *out)
{
    const int16_t *const in = word & 1 ? values : others;
    const int16_t *const last = find_last(in, in + N, values[word >> 1 & 15]);
    if (last)
        hls_write(out, (uint32_t)(last - in));
    const int16_t *a = values, *b = in + (word >> 5 & 7);
    uint32_t equal = 0;
    for (; a < values + 8; a++, b++)
        equal = equal * 2 + (*a == *b);
    hls_write(out, equal << 8 | (uint32_t)(b - in));
}

void ping_pong(hls_stream_u32 *in, hls_stream_u32 *out)
{
    const uint32_t word = hls_read(in);
    for (unsigned i = 0; i < N; i++) {
        values[i] = (int16_t)(hls_read(in) & 15);
        records[i].key = (uint8_t)((word >> i ^ i) & 7);
        records[i].place = (uint16_t)i;
    }
    sort(out);
    search(word >> 8, out);
    sort_records(word, out);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (unsigned i = 0; i <= N; i++)
        rig_send(k, 0, rig_random());
}
#endif
