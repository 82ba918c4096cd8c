/* Structs with arrays and structs in them, copied as a whole: into local ones and back, sorted, returned, with initial values. */
#include "hls.h"

struct item {
    uint8_t key; /* three bytes of padding follow */
    uint32_t value;
    uint8_t tag[4];
};

struct matrix {
    int32_t at[3][3];
};

struct point {
    int16_t x, y;
};

struct polygon {
    struct point corner[4];
    uint8_t corners;
};

struct digest {
    uint32_t word[8], n;
    uint8_t block[16];
};

static struct item heap[8];
static struct matrix state;
static struct polygon polygons[4];
static const struct digest start = {{1, 2, 3, 4, 5, 6, 7, 8}, 0, {9, 10}};

static void sort(hls_stream_u32 *in)
{
    for (int i = 0; i < 8; i++) {
        const struct item fresh = {
            .key = (uint8_t)hls_read(in), .value = (uint32_t)i, .tag = {1, 2}};
        heap[i] = fresh;
    }
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7 - i; j++)
            if (heap[j].key > heap[j + 1].key) {
                const struct item other = heap[j];
                heap[j] = heap[j + 1];
                heap[j + 1] = other;
            }
}

static struct matrix product(struct matrix a, struct matrix b)
{
    struct matrix c;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int32_t sum = 0;
            for (int k = 0; k < 3; k++)
                sum += (int32_t)((uint32_t)a.at[i][k] * (uint32_t)b.at[k][j] & 0xffffff);
            c.at[i][j] = sum;
        }
    return c;
}

static struct polygon widest(hls_stream_u32 *in)
{
    for (int i = 0; i < 4; i++) {
        struct polygon p = {.corners = 4};
        for (int k = 0; k < 4; k++)
            p.corner[k] = (struct point){(int16_t)hls_read(in), (int16_t)k};
        polygons[i] = p;
    }
    polygons[2] = polygons[1];
    const struct polygon *found = &polygons[0];
    for (int i = 1; i < 4; i++)
        if (polygons[i].corner[0].x > found->corner[0].x)
            found = &polygons[i];
    return *found;
}

static void update(struct digest *d, uint8_t byte)
{
    d->block[d->n++] = byte;
    if (d->n == 16) {
        for (int i = 0; i < 8; i++)
            d->word[i] = d->word[i] * 31 + d->block[2 * i] + d->block[2 * i + 1];
        d->n = 0;
    }
}

void copies(hls_stream_u32 *in, hls_stream_u32 *out)
{
    sort(in);
    for (int i = 0; i < 8; i++)
        hls_write(out, heap[i].key + heap[i].value * 256 + heap[i].tag[1] * 4096u);

    struct matrix m = {{{1, 2, 3}, {4, 5, 6}, {7}}};
    for (int i = 0; i < 3; i++)
        state.at[i][i] = (int32_t)(hls_read(in) & 0xffff);
    m = product(m, state);
    state = m;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            hls_write(out, (uint32_t)(m.at[i][j] ^ state.at[j][i]));

    const struct polygon wide = widest(in);
    for (int k = 0; k < 4; k++)
        hls_write(out,
                  (uint32_t)(wide.corner[k].x * 3 + wide.corner[k].y + polygons[2].corner[k].x));

    struct digest d = start;
    for (int i = 0; i < 24; i++)
        update(&d, (uint8_t)hls_read(in));
    struct digest padded = d;
    for (int i = 0; i < 8; i++)
        update(&padded, 0x80);
    for (int i = 0; i < 8; i++)
        hls_write(out, d.word[i] ^ padded.word[i]);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 8 + 3 + 16 + 24; i++)
        rig_send(k, 0, rig_random());
}
#endif
